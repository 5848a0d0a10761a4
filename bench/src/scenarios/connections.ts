import type { Adapter } from "@anyqueue/api";
import { accountsOf } from "../processes/connection-clients.ts";
import type { Account } from "../processes/connection-messages.ts";
import type { Plan, Readings, Scenario } from "../scenario.ts";
import { ConnectionWatch } from "../servers/connection-watch.ts";
import { onStore, type Session, type Subject } from "../subject.ts";
import { InvalidRun } from "../tally.ts";

/** What all the processes together did to one store. */
interface Sum {
  readonly added: number;
  readonly completed: number;
  readonly lost: number;
  readonly doubled: number;
  /** Errors of verbs, refused changes and what nobody caught, by what they were. */
  readonly trouble: Readonly<Record<string, number>>;
  readonly calls: number;
}

/** Whether anything is lost, doubled or refused when very many clients are at it at once. */
export const connections: Scenario = {
  name: "connections",
  about: "many connections add, poll and settle at once; every acknowledged job must end exactly once",
  isLong: true,
  plot: { kind: "none" },
  suits: (subject) => subject.adapter !== undefined,
  cases: (plan) => [
    {
      metrics: { calls: "count", added: "count", completed: "count", connections: "count", deadlocks: "count" },
      batching: "some in a call, at random",
      runs: 1,
      run: (subject) => onStore(subject, (session) => measure(subject, session, plan)),
    },
  ],
};

async function measure(subject: Subject, session: Session, plan: Plan): Promise<Readings> {
  const total = plan.connections ?? (plan.smoke ? 20 : 600);
  const seconds = plan.seconds ?? (plan.smoke ? 0.5 : 20);
  // A store that others cannot join is used by one process.
  const processes = subject.join === undefined ? 1 : plan.smoke ? 2 : 4;
  await using watch = subject.server === "postgres" ? await ConnectionWatch.start() : undefined;
  const accounts = await accountsOf(
    Array.from({ length: processes }, (_, process) => ({
      subject: subject.name,
      address: session.address ?? "",
      process,
      connections: Math.floor(total / processes) + (process < total % processes ? 1 : 0),
      seconds,
    })),
  );
  // The most connections that the server saw at once, and the deadlocks it found.
  const server = await watch?.result();
  const sum = sumOf(accounts);
  const left = subject.join && subject.adapter ? await leftIn(await subject.adapter(session.address ?? "", 1)) : 0;
  if (sum.lost + sum.doubled + left + (server?.deadlocks ?? 0) + Object.keys(sum.trouble).length > 0) {
    throw new InvalidRun(`${JSON.stringify({ ...sum, ...server })}, ${left} jobs left unfinished`);
  }
  if (server && server.connections < total) {
    throw new InvalidRun(`only ${server.connections} of ${total} connections were open at once`);
  }
  const { calls, added, completed } = sum;
  return { calls, added, completed, ...server };
}

function sumOf(accounts: readonly Account[]): Sum {
  const jobs = new Map<string, { polled: number; returned: number; completed: number }>();
  const trouble: Record<string, number> = {};
  const note = (what: string, times: number): void => void (trouble[what] = (trouble[what] ?? 0) + times);
  for (const account of accounts) {
    for (const [id, polled, returned, completed] of account.jobs) {
      const sum = jobs.get(id) ?? { polled: 0, returned: 0, completed: 0 };
      sum.polled += polled;
      sum.returned += returned;
      sum.completed += completed;
      jobs.set(id, sum);
    }
    for (const [what, times] of Object.entries({ ...account.refused, ...account.errors })) note(what, times);
    for (const error of account.unhandled) note(`unhandled ${error}`, 1);
  }
  // What became of a change whose reply was an error is not known, so it proves nothing.
  const unsure = new Set(accounts.flatMap((account) => account.unsure));
  const added = new Set(accounts.flatMap((account) => account.added));
  const finished = [...jobs].filter(([id]) => !unsure.has(id));
  return {
    added: added.size,
    completed: finished.reduce((count, [, { completed }]) => count + completed, 0),
    lost: [...added].filter((id) => !unsure.has(id) && !jobs.get(id)?.completed).length,
    doubled: finished.filter(([, { polled, returned, completed }]) => completed > 1 || polled > returned + 1).length,
    trouble,
    calls: accounts.reduce((count, account) => count + account.calls, 0),
  };
}

async function leftIn(adapter: Adapter): Promise<number> {
  const lanes = await adapter.lanes();
  await adapter.close();
  return lanes.reduce(
    (sum, { counts }) => sum + ["waiting", "delayed", "active"].reduce((n, state) => n + (counts[state] ?? 0), 0),
    0,
  );
}
