import type { Hint } from "@anyqueue/api";
import { onTestFinished, vi } from "vitest";
import { Connection } from "../../src/connection.ts";
import { type PostgresOptions, settingsOf } from "../../src/options.ts";
import type { Timing } from "../../src/wakeups/timing.ts";
import { Wakeups } from "../../src/wakeups/wakeups.ts";
import { serverUrl } from "../server.ts";

/** How long a test waits for what has to come, in milliseconds. */
const DEADLINE = 10_000;

/** Open wake-ups with a connection of their own, closed when the test is over, and what they warned of. */
export class Handle {
  readonly wakeups: Wakeups;
  readonly warnings: readonly string[];
  readonly heard: Hint[] = [];
  #unsubscribe: () => void = () => {};

  static async open(options: PostgresOptions, timing: Partial<Timing> = {}): Promise<Handle> {
    const settings = settingsOf(options.pool === undefined ? { url: await serverUrl(), ...options } : options);
    const connection = await Connection.open(settings);
    const warnings: string[] = [];
    const wakeups = new Wakeups({ connection, settings, timing, warn: (message) => warnings.push(message) });
    onTestFinished(async () => {
      await wakeups.close();
      await connection.close();
    });
    await wakeups.open();
    return new Handle(wakeups, warnings);
  }

  /** One that listens. */
  static async listening(options: PostgresOptions, timing: Partial<Timing> = {}): Promise<Handle> {
    const handle = await Handle.open(options, timing);
    await handle.listen();
    return handle;
  }

  private constructor(wakeups: Wakeups, warnings: readonly string[]) {
    this.wakeups = wakeups;
    this.warnings = warnings;
  }

  async listen(): Promise<void> {
    this.#unsubscribe = await this.wakeups.listen((hint) => this.heard.push(hint));
  }

  stop(): void {
    this.#unsubscribe();
  }

  tell(...lanes: readonly string[]): void {
    this.wakeups.tell(new Set(lanes), new Set());
  }

  tellFinished(...lanes: readonly string[]): void {
    this.wakeups.tell(new Set(), new Set(lanes));
  }

  /** Resolves when such a hint has come. */
  async hears(wanted: Hint): Promise<void> {
    const text = JSON.stringify(wanted);
    await until(() => {
      if (!this.heard.some((hint) => JSON.stringify(hint) === text)) {
        throw new Error(`There was no ${text}, only ${JSON.stringify(this.heard)}.`);
      }
    });
  }

  forget(): void {
    this.heard.length = 0;
  }
}

/** Resolves when the check no longer throws. */
export async function until(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: DEADLINE, interval: 5 });
}
