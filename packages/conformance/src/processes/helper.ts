import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Answer, Order } from "./messages.ts";

/** Another process that works on the store of a case. */
export class Helper {
  /** Ids that it told so far. */
  readonly ids: string[] = [];
  /** When it has opened the store. */
  readonly ready: Promise<void>;
  /** When it has done what it was told, or was killed. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #watch: { readonly count: number; readonly reached: () => void } | undefined;

  constructor(order: Order) {
    // In the source tree this is TypeScript that Node runs as it is, in the package JavaScript.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#child = fork(fileURLToPath(new URL(`./child.${extension}`, import.meta.url)));
    const ready = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.ended = ended.promise;
    // Whoever awaits them sees the failure; nobody has to.
    this.ready.catch(() => {});
    this.ended.catch(() => {});
    this.#child.on("message", (answer: Answer) => {
      if ("ready" in answer) ready.resolve();
      if ("ids" in answer) this.#note(answer.ids);
      if ("failed" in answer) ended.reject(new Error(`In another process: ${answer.failed}`));
      if ("done" in answer || "failed" in answer) this.#child.disconnect();
    });
    this.#child.once("error", (error) => ended.reject(error));
    this.#child.once("exit", () => {
      ready.reject(new Error("Another process ended before it had opened the store."));
      ended.resolve();
    });
    this.#child.send(order);
  }

  /** Lets it begin. */
  go(): void {
    this.#child.send("go");
  }

  /** Waits until it has told so many ids, or has ended. */
  async tells(count: number): Promise<void> {
    if (this.ids.length >= count) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watch = { count, reached: resolve };
    await Promise.race([promise, this.ended]);
  }

  /** Ends it at once, as a power cut would: it can do nothing more, not even tidy up. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended.catch(() => {});
  }

  #note(ids: readonly string[]): void {
    this.ids.push(...ids);
    if (this.#watch && this.ids.length >= this.#watch.count) this.#watch.reached();
  }
}
