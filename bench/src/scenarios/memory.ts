import { startProcess, untilGone } from "../processes/children.ts";
import { Fleet } from "../processes/fleet.ts";
import type { Footprint } from "../processes/memory-messages.ts";
import { reply } from "../processes/reply.ts";
import { programBeside } from "../program-beside.ts";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { onStore, shareOf, type Subject } from "../subject.ts";
import { others, ours } from "../subjects/index.ts";
import { Tally } from "../tally.ts";
import { addInBulk } from "./adding.ts";

const PROGRAM = programBeside("../processes/memory-process", import.meta.url);
const SIZES = [100_000, 1_000_000];
/** More would take many minutes with the queues of others. */
const MOST_FOR_OTHERS = 100_000;
const MEGABYTE = 2 ** 20;

/** What jobs take of the memory of processes. */
export const memory: Scenario = {
  name: "memory",
  about:
    "what a waiting job takes, its payload included, where the store is in the process; and the most memory of a process that drains",
  isLong: true,
  suits: () => true,
  cases: ({ smoke, backlogs }) =>
    (smoke ? [1000] : (backlogs ?? SIZES)).map((jobs): Case => ({
      parameters: { jobs },
      metrics: { "waiting job": "bytes/job", "peak RSS": "MB" },
      ...(jobs > 100_000 && { runs: 1 }),
      run: async (subject) => {
        if (jobs > MOST_FOR_OTHERS && subject.kind === "other") return {};
        return subject.join ? drained(subject, shareOf(subject, jobs)) : inProcess(subject, jobs);
      },
    })),
};

async function drained(subject: Subject, jobs: number): Promise<Readings> {
  return onStore(subject, (session) =>
    Fleet.use(subject, session.address ?? "", 1, async (fleet) => {
      await addInBulk(session, jobs);
      const tally = new Tally();
      const { peakBytes } = await fleet.drain(tally);
      tally.check(jobs);
      return { "peak RSS": peakBytes / MEGABYTE };
    }),
  );
}

/** The whole of it in a process of its own, where nothing else is. */
async function inProcess(subject: Subject, jobs: number): Promise<Readings> {
  // Another process knows only the subjects that are listed.
  if (!isListed(subject)) return {};
  const child = startProcess(PROGRAM, [subject.name, String(jobs)], { execArgv: [...process.execArgv, "--expose-gc"] });
  try {
    const { bytesPerJob, peakBytes } = await reply<Footprint>(child);
    return { "waiting job": isHeldInMemory(subject) ? bytesPerJob : undefined, "peak RSS": peakBytes / MEGABYTE };
  } finally {
    // Then it ends by itself, and removes its store.
    if (child.connected) child.disconnect();
    await untilGone(child);
  }
}

/** Others have their jobs in a file or a server. */
function isHeldInMemory({ server, durability }: Subject): boolean {
  return server === undefined && (durability === "none" || durability === "snapshot");
}

/** Also when it stands under another durability here; a fixture of the same name is another subject. */
function isListed({ open }: Subject): boolean {
  return [...ours, ...others].some((each) => each.open === open);
}
