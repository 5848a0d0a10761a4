import "../backends.ts";
import { describeFailure } from "../failure.ts";
import { EXIT } from "../exit-code.ts";
import { Output } from "../output/output.ts";
import type { Order, Word } from "./messages.ts";
import { runWorker } from "./run-worker.ts";

// One of the processes of `work --processes`. It ends with its parent, gracefully.

const stopping = new AbortController();

function say(word: Word): void {
  if (process.connected) process.send?.(word);
}

async function start({ plan, json }: Extract<Order, { kind: "start" }>): Promise<void> {
  try {
    say({ kind: "finished", tally: await runWorker(plan, new Output(json), stopping.signal) });
  } catch (error) {
    const failure = describeFailure(error);
    process.exitCode = failure.exitCode;
    if (failure.exitCode === EXIT.usage) say({ kind: "refused", failure });
    else process.stderr.write(`anyqueue: worker process ${process.pid}: ${failure.message}\n`);
  }
  if (process.connected) process.disconnect();
}

process.on("message", (order: Order) => {
  if (order.kind === "stop") stopping.abort();
  else void start(order);
});
process.on("disconnect", () => stopping.abort());
process.on("SIGTERM", () => stopping.abort());
// Ctrl-C reaches the whole group, and the parent says then what to do.
process.on("SIGINT", () => undefined);
process.on("SIGHUP", () => undefined);
say({ kind: "ready" });
