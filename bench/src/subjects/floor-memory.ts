import { type JobOptions, numberIn, randomPriority, textOf } from "../jobs.ts";
import type { Session, Subject } from "../subject.ts";
import { Heap } from "./heap.ts";

/** What holds the jobs that wait. */
interface Shelf {
  push(priority: number, text: string): void;
  shift(): string | undefined;
}

/** Plain arrays or a heap: what a queue in memory would cost if it promised nothing. Only the heap knows priorities. */
export function floorMemory(shelf: "array" | "heap"): Subject {
  return {
    name: shelf === "array" ? "floor memory" : "floor memory heap",
    kind: "floor",
    durability: "none",
    batching: "none",
    ...(shelf === "array" && { hasPriorities: false }),
    open: async () => openOn(shelf === "array" ? arrayShelf() : heapShelf()),
  };
}

function openOn(shelf: Shelf): Session {
  const add = (n: number, padding: string | undefined, priority = 512): void =>
    shelf.push(priority, textOf(n, padding));
  return {
    add: async (n, padding) => add(n, padding),
    addMany: async (count, { first = 0, padding, mixed }: JobOptions = {}) => {
      for (let n = 0; n < count; n++) add(first + n, padding, mixed ? randomPriority() : undefined);
    },
    drain: async (ran) => {
      for (let text = shelf.shift(); text !== undefined; text = shelf.shift()) {
        ran(numberIn(text));
        await Promise.resolve();
      }
    },
    close: async () => undefined,
  };
}

function arrayShelf(): Shelf {
  const texts: string[] = [];
  let next = 0;
  return {
    push: (_priority, text) => void texts.push(text),
    shift: () => texts[next++],
  };
}

function heapShelf(): Shelf {
  const heap = new Heap<{ readonly priority: number; readonly seq: number; readonly text: string }>(
    (a, b) => a.priority < b.priority || (a.priority === b.priority && a.seq < b.seq),
  );
  let seq = 0;
  return {
    push: (priority, text) => heap.push({ priority, seq: seq++, text }),
    shift: () => heap.shift()?.text,
  };
}
