import { fork } from "node:child_process";
import { programBeside } from "../program-beside.ts";
import type { Account, Assignment } from "./connection-messages.ts";
import { endProcess } from "./end-process.ts";
import { reply } from "./reply.ts";

const PROGRAM = programBeside("connection-process", import.meta.url);

/**
 * Lets processes be clients of one store at once, and answers what each did. They are gone afterwards, also when one of
 * them failed: whoever removes the store then does not remove it under the others.
 */
export async function accountsOf(assignments: readonly Assignment[]): Promise<Account[]> {
  const clients = assignments.map((assignment) =>
    // Ctrl-C is for this process, which lets them finish; they end with it.
    fork(PROGRAM, [JSON.stringify(assignment)], { serialization: "advanced", detached: true }),
  );
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
