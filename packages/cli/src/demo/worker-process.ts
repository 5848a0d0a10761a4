import "../backends.ts";
import { openQueue, type Queue } from "@anyqueue/api";
import { jobs } from "./file-job.ts";
import { hire } from "./hire.ts";
import type { Order, Task, Word } from "./messages.ts";

// One worker of the demo in a process of its own. It lives as long as the demo that started it.

const REPORT_EVERY = 50;

let queue: Queue<typeof jobs> | undefined;
let done = 0;
let isWorking = false;

function say(word: Word): void {
  if (process.connected) process.send?.(word);
}

async function start({ backend, lane, dir, haltAt }: Task): Promise<void> {
  queue = await openQueue(backend, { jobs, retention: false });
  hire(queue, {
    lane,
    dir,
    holder: `demo worker ${process.pid}`,
    before: ({ id, attempt }) => {
      if (!isWorking) say({ kind: "working" });
      isWorking = true;
      if (attempt > 1 || !haltAt.includes(id)) return;
      say({ kind: "halted" });
      return new Promise(() => undefined);
    },
    onDone: () => done++,
    onError: tellTrouble,
  });
  setInterval(tellDone, REPORT_EVERY).unref();
}

async function stop(): Promise<void> {
  await queue?.close().catch(tellTrouble);
  tellDone();
  process.exit();
}

function tellDone(): void {
  if (done > 0) say({ kind: "done", count: done });
  done = 0;
}

function tellTrouble(error: unknown): void {
  say({ kind: "trouble", message: error instanceof Error ? error.message : String(error) });
}

process.on("message", (order: Order) => {
  if (order.kind === "stop") return void stop();
  start(order.task).catch((error: unknown) => {
    tellTrouble(error);
    process.exitCode = 1;
    process.disconnect();
  });
});
process.on("disconnect", () => void stop());
// Ctrl-C reaches the whole group; it is the demo that tells its workers what to do then.
process.on("SIGINT", () => undefined);
process.on("SIGHUP", () => undefined);
say({ kind: "ready" });
