import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "../fixture.ts";
import type { Call } from "../history/call.ts";
import { Helper } from "../processes/helper.ts";
import { SECOND } from "../time.ts";
import { Chance } from "./chance.ts";
import { EVERYTHING } from "./mix.ts";

const PROCESSES = 3;
const CLIENTS = 2;
/** What each client does in a stage. */
const CALLS = 20;
/** How long the others may go on while a process is stopped, in milliseconds: it may hold what they wait for. */
const STOPPED = 100;

/** How far the store's time moves from stage to stage, in milliseconds, so that leases of one end in the next, or later. */
export const STAGE = 10 * SECOND;

/**
 * Processes that use one lane at random. In every stage one of them is stopped for a moment, and another one is killed, until
 * one is left. To start a process takes longer than all else, so new ones come together.
 */
export class Turmoil {
  readonly #connection: Connection;
  readonly #lane: string;
  readonly #chance: Chance;
  readonly #living: Helper[] = [];
  readonly #all: Helper[] = [];

  constructor(connection: Connection, lane: string, seed: number) {
    this.#connection = connection;
    this.#lane = lane;
    this.#chance = new Chance(seed);
  }

  /** Every call that somebody told of, with no end where its caller was killed before it told. */
  get calls(): Call[] {
    return this.#all.flatMap((helper) => helper.calls);
  }

  /** Runs stages, from this time of the store on, until one process is left. Answers the time after them. */
  async run(now: number): Promise<number> {
    let time = now;
    while (this.#living.length < PROCESSES) this.#living.push(this.#newHelper());
    await Promise.all(this.#living.map((helper) => helper.ready));
    for (; this.#living.length > 1; time += STAGE) await this.#runStage(time);
    return time;
  }

  /** Lets those that are left close the store and end. */
  async end(): Promise<void> {
    await Promise.all(this.#living.map((helper) => helper.end()));
  }

  /** Ends whatever still runs, also what is stopped. */
  async kill(): Promise<void> {
    await Promise.all(this.#all.map((helper) => helper.kill()));
  }

  async #runStage(now: number): Promise<void> {
    const [victim, stopped] = this.#twoOf(this.#living);
    const stages = Promise.all(this.#living.map((helper) => helper.run({ now, calls: CALLS })));
    // Whoever awaits it below sees the failure.
    stages.catch(() => {});
    await Promise.all([this.#kill(victim), this.#stop(stopped)]);
    await stages;
    this.#living.splice(this.#living.indexOf(victim), 1);
  }

  async #kill(victim: Helper): Promise<void> {
    await victim.answersMore(this.#chance.upTo(CALLS * CLIENTS - 1));
    await victim.kill();
  }

  async #stop(stopped: Helper): Promise<void> {
    await stopped.answersMore(this.#chance.upTo(CALLS * CLIENTS - 1));
    stopped.stop();
    await sleep(STOPPED);
    stopped.resume();
  }

  #twoOf(helpers: readonly Helper[]): [Helper, Helper] {
    const first = this.#chance.oneOf(helpers) as Helper;
    return [first, this.#chance.oneOf(helpers.filter((each) => each !== first)) as Helper];
  }

  #newHelper(): Helper {
    const process = this.#all.length;
    const plans = Array.from({ length: CLIENTS }, (_, i) => ({
      name: `${String.fromCodePoint(97 + (process % 26))}${process}${i === 0 ? "x" : "y"}`,
      seed: Math.floor(this.#chance.next() * 2 ** 31),
      lane: this.#lane,
      mix: EVERYTHING,
      known: 4,
    }));
    const helper = new Helper({ connection: this.#connection, do: "traffic", plans });
    this.#all.push(helper);
    return helper;
  }
}
