import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "../fixture.ts";
import type { Call } from "../history/call.ts";
import { Helper } from "../processes/helper.ts";
import { SECOND } from "../time.ts";
import { Chance } from "./chance.ts";
import type { Mix } from "./mix.ts";

const PROCESSES = 3;
const CLIENTS = ["x", "y"];
/** What each client does in a stage. */
const CALLS = 20;
const CALLS_OF_PROCESS = CALLS * CLIENTS.length;
/** How long the others may go on while a process is stopped, in milliseconds: it may hold what they wait for. */
const STOPPED = 100;

/** How far the store's time moves from stage to stage, in milliseconds, so that leases of one end in the next, or later. */
export const STAGE = 10 * SECOND;

/** Processes that use one lane at random. In every stage one of them is stopped for a moment, and another one is killed. */
export class Turmoil {
  readonly #chance: Chance;
  readonly #living: Helper[];
  readonly #all: readonly Helper[];

  constructor(connection: Connection, lane: string, { seed, mix }: { readonly seed: number; readonly mix: Mix }) {
    const chance = new Chance(seed);
    this.#chance = chance;
    this.#all = Array.from({ length: PROCESSES }, (_, process) => {
      const plans = CLIENTS.map((client) => ({
        name: `${String.fromCodePoint(97 + process)}${client}`,
        seed: Math.floor(chance.next() * 2 ** 31),
        lane,
        mix,
        known: 4,
      }));
      return new Helper({ connection, do: "traffic", plans });
    });
    this.#living = [...this.#all];
  }

  /** Every call that somebody told of, with no end where its caller was killed before it told. */
  get calls(): Call[] {
    return this.#all.flatMap((helper) => helper.calls);
  }

  /** Runs stages, from this time of the store on, until one process is left. Answers the time after them. */
  async run(now: number): Promise<number> {
    let time = now;
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
    await victim.answersMore(this.#chance.upTo(CALLS_OF_PROCESS - 1));
    await victim.kill();
  }

  async #stop(stopped: Helper): Promise<void> {
    await stopped.answersMore(this.#chance.upTo(CALLS_OF_PROCESS - 1));
    stopped.stop();
    await sleep(STOPPED);
    stopped.resume();
  }

  #twoOf(helpers: readonly Helper[]): [Helper, Helper] {
    const first = this.#chance.oneOf(helpers) as Helper;
    return [first, this.#chance.oneOf(helpers.filter((each) => each !== first)) as Helper];
  }
}
