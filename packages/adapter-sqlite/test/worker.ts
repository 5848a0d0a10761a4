import { sqlite } from "@anyqueue/adapter-sqlite";

// A process that works: it opens the file named on the command line, says so, and at each message claims and completes
// jobs, two at a time, until there are none. Then it tells which ones it had.
const [path = ""] = process.argv.slice(2);
const store = sqlite({ path });
await store.open();
process.on("message", (now: number) => void drain(now).then((ids) => process.send?.(ids)));
process.send?.("open");

async function drain(now: number): Promise<string[]> {
  const ids: string[] = [];
  const lease = { ms: 60_000, holder: String(process.pid) };
  for (;;) {
    const { jobs } = await store.poll({ lanes: ["default"], limit: 2, lease, now });
    if (jobs.length === 0) return ids;
    ids.push(...jobs.map(({ id }) => id));
    const set = { state: "completed" };
    await store.cas(
      jobs.map(({ id, token }) => ({ id, expect: { token }, set })),
      { now },
    );
  }
}
