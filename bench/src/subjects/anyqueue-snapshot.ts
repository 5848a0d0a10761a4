import { openQueue } from "@anyqueue/api";
import type { Subject } from "../subject.ts";
import { at } from "./place.ts";
import { BEST, queueSession } from "./queue-session.ts";

const EVERY = "1s";

/** Our memory backend with snapshots. Nobody joins it: the file belongs to the process that writes it. */
export const anyqueueSnapshot: Subject = {
  name: "anyqueue memory SNAPSHOT",
  durability: "snapshot",
  batching: "adds merged, claims ahead",
  configuration: `a worker of concurrency ${BEST.concurrency}; a snapshot every ${EVERY}`,
  hasDelays: true,
  isVariant: true,
  open: at("file", async (path) =>
    queueSession(await openQueue(`memory:?snapshot=${encodeURIComponent(path)}&every=${EVERY}`)),
  ).open,
};
