import type { Adapter } from "@anyqueue/api";
import type { Fixture } from "../fixture.ts";
import { askFixture } from "../fixture-error.ts";
import type { Call } from "../history/call.ts";
import { record } from "../history/record.ts";
import { Tokens } from "./tokens.ts";

/** One of two stores that are given the same script: its handles, and what only it has names for. */
export class Side {
  readonly tokens = new Tokens();
  /** Where the pages of a list go on, by client and order. */
  readonly pages = new Map<string, string | undefined>();
  /** Where the reading of the log goes on, by client. */
  readonly logs = new Map<string, string>();
  /** Every call that was made. */
  readonly calls: Call[] = [];
  readonly #fixture: Fixture;
  #stepBegins = 0;
  readonly #raw = new Map<string, Adapter>();
  readonly #recorded = new Map<string, Adapter>();
  #first: Adapter | undefined;

  constructor(fixture: Fixture) {
    this.#fixture = fixture;
  }

  /** A new and empty store, opened. */
  static async open(fixture: Fixture): Promise<Side> {
    const side = new Side(fixture);
    const adapter = await askFixture("open", () => fixture.open());
    side.#first = adapter;
    side.#keep("a", adapter);
    await adapter.open();
    return side;
  }

  /** The calls of the latest step. */
  get latest(): readonly Call[] {
    return this.calls.slice(this.#stepBegins);
  }

  /** The calls from here on are those of another step. */
  beginStep(): void {
    this.#stepBegins = this.calls.length;
  }

  /** The fixture's name. */
  get name(): string {
    return this.#fixture.name;
  }

  /** Whose calls are not noted. */
  get unnoted(): Adapter {
    return this.#raw.get("a") ?? this.#adapter;
  }

  /** The handle of a client, which notes its calls. Where a store has one handle only, all clients share it. */
  async handle(client: string): Promise<Adapter> {
    const own = this.#isShared ? client : "a";
    const handle = this.#recorded.get(own);
    if (handle) return handle;
    const another = await this.#again(this.unnoted);
    await another.open();
    return this.#keep(own, another);
  }

  /** Closes a client's handle and opens another one in its place, if the store is still there then. */
  async reopen(client: string): Promise<void> {
    const own = this.#isShared ? client : "a";
    const handle = this.#raw.get(own);
    if (handle === undefined || this.#fixture.reopen === undefined) return;
    if (handle.capabilities.durability === "none") return;
    await handle.close();
    const another = await this.#again(handle);
    await another.open();
    this.#keep(own, another);
  }

  /** Closes the handles and removes the store, also where one cannot be closed. */
  async end(): Promise<void> {
    const failures: unknown[] = [];
    const closings = [...this.#raw.values()].toReversed().map((handle) => () => handle.close());
    for (const close of [...closings, () => this.#fixture.dispose?.(this.unnoted)]) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  get #adapter(): Adapter {
    if (this.#first === undefined) throw new Error("The store was not opened.");
    return this.#first;
  }

  get #isShared(): boolean {
    return this.#fixture.reopen !== undefined && this.#adapter.capabilities.scope !== "process";
  }

  async #again(handle: Adapter): Promise<Adapter> {
    const another = await askFixture("reopen", () => this.#fixture.reopen?.(handle));
    if (another === undefined) throw new Error("The fixture has no `reopen`.");
    return another;
  }

  #keep(client: string, adapter: Adapter): Adapter {
    const recorded = record(adapter, client, this.calls);
    this.#raw.set(client, adapter);
    this.#recorded.set(client, recorded);
    return recorded;
  }
}
