import { programBeside } from "../program-beside.ts";
import { endProcess, startProcess } from "./children.ts";
import type { Account, Assignment } from "./connection-messages.ts";
import { reply } from "./reply.ts";

const PROGRAM = programBeside("connection-process", import.meta.url);

/**
 * Lets processes be clients of one store at once, and answers what each did. They are gone afterwards, also when one of
 * them failed: whoever removes the store then does not remove it under the others.
 */
export async function accountsOf(assignments: readonly Assignment[]): Promise<Account[]> {
  const clients = assignments.map((assignment) => startProcess(PROGRAM, [JSON.stringify(assignment)]));
  try {
    await Promise.all(clients.map((client) => reply(client)));
    return await Promise.all(
      clients.map((client) => {
        client.send("go");
        return reply<Account>(client);
      }),
    );
  } finally {
    await Promise.all(clients.map(endProcess));
  }
}
