import { type Adapter, Queue, type QueueOptions } from "@anyqueue/api";
import { onTestFinished } from "vitest";
import { decorate, memory } from "./adapters.ts";

/** An open queue over a memory adapter with some verbs replaced; closed when the test has ended. */
export async function openOn(
  verbs: (adapter: Adapter) => Partial<Adapter> = () => ({}),
  options: QueueOptions = {},
): Promise<Queue> {
  const adapter = await memory();
  return openOver(decorate(adapter, verbs(adapter)), options);
}

/** An open queue over an adapter, without background pruning and schedules; closed when the test has ended. */
export async function openOver(adapter: Adapter, options: QueueOptions = {}): Promise<Queue> {
  const queue = new Queue(adapter, { retention: false, schedules: false, ...options });
  onTestFinished(() => queue.close());
  await queue.open();
  return queue;
}

/** A promise that is resolved from outside. */
export function gate<T = void>(): { readonly opened: Promise<T>; readonly open: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { opened: promise, open: resolve };
}

/** Rejects as soon as the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
