import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { type JobOptions, numberIn, payloadsOf } from "../jobs.ts";
import type { Session, Subject } from "../subject.ts";
import { batchFor, CLAIMED } from "./claim-loop.ts";
import { at } from "./place.ts";

/** What the disk itself can do: jobs are lines of a file, finished ones are lines of another, each synced. */
export const floorFdatasync: Subject = {
  name: "floor fdatasync",
  kind: "floor",
  durability: "power-loss",
  batching: `adds by write, ${CLAIMED} claimed`,
  configuration: `adds in flight in one write and fdatasync, as SQLite and Postgres sync on Linux; ${CLAIMED} finished with one`,
  hasPriorities: false,
  open: at("file", connect).open,
};

async function connect(path: string): Promise<Session> {
  const jobs = openSync(path, "a");
  const done = openSync(`${path}-done`, "a");
  let next = 0;
  const write = (file: number, text: string): void => {
    writeSync(file, text);
    fdatasyncSync(file);
  };
  const addMany = async (count: number, options?: JobOptions): Promise<void> =>
    write(
      jobs,
      payloadsOf(count, options)
        .map((payload) => `${JSON.stringify(payload)}\n`)
        .join(""),
    );
  return {
    add: (n, padding) => addMany(1, { first: n, padding }),
    addTogether: addMany,
    addMany,
    drain: async (ran, concurrency) => {
      const most = batchFor(concurrency);
      const lines = readFileSync(path, "utf8").split("\n").slice(next, -1);
      for (let from = 0; from < lines.length; from += most) {
        const batch = lines.slice(from, from + most);
        for (const line of batch) ran(numberIn(line));
        write(done, batch.map((_, i) => `${next + from + i}\n`).join(""));
      }
      next += lines.length;
    },
    close: async () => {
      closeSync(jobs);
      closeSync(done);
    },
  };
}
