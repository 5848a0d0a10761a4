import type { Adapter } from "@anyqueue/api";
import { holds, present } from "./check.ts";
import type { Connection, Fixture } from "./fixture.ts";
import { askFixture, fixtureError } from "./fixture-error.ts";
import type { Call } from "./history/call.ts";
import { record } from "./history/record.ts";

/**
 * The handles that a case opened on its store. What a case does with them is recorded where somebody wants to read it;
 * the fixture gets its own adapters, which it may know by their identity.
 */
export class Handles {
  /** The first one. */
  readonly first: Adapter;
  /** Makes further stores, for a case that needs more than one. */
  readonly fixture: Fixture;
  readonly #calls: Call[] | null;
  readonly #own = new Map<Adapter, Adapter>();

  constructor(fixture: Fixture, adapter: Adapter, calls: Call[] | null) {
    this.fixture = fixture;
    this.#calls = calls;
    this.first = this.#shown(adapter);
  }

  /** Another one on the same store, opened. */
  async reopen(): Promise<Adapter> {
    const another = await askFixture("reopen", () => this.fixture.reopen?.(this.#hidden(this.first)));
    holds(another !== undefined, "The fixture has no `reopen`.");
    const shown = this.#shown(another);
    await shown.open();
    return shown;
  }

  /** Ends one the hard way. */
  async crash(adapter: Adapter): Promise<void> {
    holds(this.fixture.crash !== undefined, "The fixture has no `crash`.");
    await askFixture("crash", () => this.fixture.crash?.(this.#hidden(adapter)));
  }

  /** Whether another process can reach the store. */
  get canSpawn(): boolean {
    return this.fixture.spawn !== undefined;
  }

  /** How another process reaches the store. */
  connection(): Connection {
    return present(this.#spawn(), "The fixture has no `spawn`.");
  }

  /** Runs `work` in a transaction of the caller's own. */
  async transaction(work: (tx: never) => Promise<void>): Promise<void> {
    holds(this.fixture.transaction !== undefined, "The fixture has no `transaction`.");
    const own = new Set<unknown>();
    const noting = async (tx: never): Promise<void> => {
      try {
        await work(tx);
      } catch (error) {
        own.add(error);
        throw error;
      }
    };
    try {
      await this.fixture.transaction(this.#hidden(this.first), noting);
    } catch (error) {
      throw own.has(error) ? error : fixtureError("transaction", error);
    }
  }

  /** Closes all of them, the last one first, and removes the store, also where one cannot be closed. */
  async end(): Promise<void> {
    const failures: unknown[] = [];
    const closings = [...this.#own.values()].toReversed().map((handle) => () => handle.close());
    for (const close of [...closings, () => this.#dispose()]) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #dispose(): Promise<void> {
    return askFixture("dispose", () => this.fixture.dispose?.(this.#hidden(this.first)));
  }

  #spawn(): Connection | undefined {
    try {
      return this.fixture.spawn?.(this.#hidden(this.first));
    } catch (error) {
      throw fixtureError("spawn", error);
    }
  }

  #shown(adapter: Adapter): Adapter {
    const letter = String.fromCodePoint(97 + this.#own.size);
    const shown = this.#calls ? record(adapter, letter, this.#calls) : adapter;
    this.#own.set(shown, adapter);
    return shown;
  }

  #hidden(adapter: Adapter): Adapter {
    return this.#own.get(adapter) ?? adapter;
  }
}
