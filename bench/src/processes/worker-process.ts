// A process that joins the store of a subject and works there as it is told.
import { Tally } from "../tally.ts";
import { joinStore } from "./join-store.ts";
import { machineTime, type Order, type Report } from "./messages.ts";
import { MomentLog } from "./moment-log.ts";

const [name = "", address = ""] = process.argv.slice(2);
process.on("disconnect", () => process.exit());
const session = await joinStore(name, address);

let stop: (() => Promise<unknown>) | undefined;
process.on("message", (order: Order) => {
  carryOut(order).catch((error: unknown) => tell({ is: "broken", reason: (error as Error).message }));
});
tell({ is: "ready" });

async function carryOut(order: Order): Promise<void> {
  switch (order.do) {
    case "drain":
      return drain(order.first);
    case "work":
      return work(order.everyMs);
    case "stop":
      await stop?.();
      await session.close();
      process.send?.({ is: "stopped" } satisfies Report, () => process.disconnect());
  }
}

async function drain(first: number): Promise<void> {
  const tally = new Tally();
  const firstAt: number[] = [];
  let lastAt = Number.NEGATIVE_INFINITY;
  await session.drain((n) => {
    tally.add(n);
    lastAt = machineTime();
    if (firstAt.length < first) firstAt.push(lastAt);
  });
  // In kibibytes, on every system that libuv knows.
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  tell({ is: "drained", firstAt, lastAt, counts: tally.counts, peakBytes });
}

async function work(everyMs: number): Promise<void> {
  if (session.work === undefined) throw new Error(`${name} cannot wait for jobs.`);
  const log = new MomentLog(everyMs, (begun, finished) => tell({ is: "progress", begun, finished }));
  const stopWork = await session.work(
    (n) => log.begun(n),
    (n) => log.finished(n),
  );
  stop = () => stopWork().then(() => log.flush());
  tell({ is: "working" });
}

function tell(report: Report): void {
  process.send?.(report);
}
