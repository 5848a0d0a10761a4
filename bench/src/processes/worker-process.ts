// A process that joins the store of a subject and works there as it is told.
import { subjectNamed } from "../subjects/index.ts";
import { Tally } from "../tally.ts";
import { machineTime, type Order, type Report } from "./messages.ts";

const [name = "", address = ""] = process.argv.slice(2);
const session = await subjectNamed(name).join?.(address);
if (session === undefined) throw new Error(`${name} cannot share a store.`);

let stop: (() => Promise<unknown>) | undefined;
process.on("message", (order: Order) => {
  carryOut(order).catch((error: unknown) => tell({ is: "broken", reason: String(error) }));
});
process.on("disconnect", () => process.exit());
// Ctrl-C is for the benchmark, which ends its workers.
process.on("SIGINT", () => undefined);
tell({ is: "ready" });

async function carryOut(order: Order): Promise<void> {
  switch (order.do) {
    case "drain":
      return drain(order.single);
    case "work":
      return work(order.everyMs);
    case "stop":
      await stop?.();
      await session?.close();
      return process.send?.({ is: "stopped" } satisfies Report, () => process.disconnect()) as undefined;
  }
}

async function drain(single: boolean): Promise<void> {
  const tally = new Tally();
  const startedAt = machineTime();
  await session?.drain(single, (n) => tally.add(n));
  tell({ is: "drained", startedAt, endedAt: machineTime(), counts: tally.counts });
}

async function work(everyMs: number): Promise<void> {
  if (session?.work === undefined) throw new Error(`${name} cannot wait for jobs.`);
  let ran: number[] = [];
  let at: number[] = [];
  let timer: NodeJS.Timeout | undefined;
  const report = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (ran.length > 0) tell({ is: "progress", ran, at });
    ran = [];
    at = [];
  };
  const stopWork = await session.work((n) => {
    ran.push(n);
    at.push(machineTime());
    if (everyMs === 0) report();
    else timer ??= setTimeout(report, everyMs);
  });
  stop = () => stopWork().then(report);
  tell({ is: "working" });
}

function tell(report: Report): void {
  process.send?.(report);
}
