import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import type { Hint } from "@anyqueue/api";
import { job, jobs, NOW, openStore, temporaryPath } from "./files.ts";

it("S15 gives each of 200 jobs to one of three processes that open the new file together", async () => {
  const path = temporaryPath();
  const workers = await Promise.all(Array.from({ length: 3 }, () => startWorker(path)));
  const store = await openStore({ path });
  await store.insert(jobs(200), { now: NOW });
  const shares = await Promise.all(workers.map(drain));
  const claimed = shares.flat();
  expect(new Set(claimed).size).toBe(200);
  expect(claimed).toHaveLength(200);
  expect((await store.lanes({ now: NOW }))[0]?.counts).toEqual({ completed: 200 });
});

it("P24 hears what another process commits, and tells its own commits by name", async () => {
  const path = temporaryPath();
  const worker = await startWorker(path);
  const store = await openStore({ path });
  const hints: Hint[] = [];
  const heard = new Promise<void>((resolve) => {
    void store.subscribe((hint) => {
      hints.push(hint);
      if ("resync" in hint) resolve();
    });
  });
  await store.insert([job("own")], { now: NOW });
  expect(hints).toEqual([{ lane: "default" }, { lane: "default" }]);
  expect(await drain(worker)).toEqual(["default:own"]);
  await heard;
});

async function startWorker(path: string): Promise<ChildProcess> {
  const worker = fork(new URL("./worker.ts", import.meta.url), [path]);
  onTestFinished(() => void worker.kill());
  await once(worker, "message");
  return worker;
}

/** Lets the worker complete jobs until there are none; the ids of those it had. */
async function drain(worker: ChildProcess): Promise<readonly string[]> {
  const answer = once(worker, "message");
  worker.send(NOW);
  const [ids] = (await answer) as [string[]];
  return ids;
}
