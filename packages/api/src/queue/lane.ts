import { Type } from "typebox";
import { LaneName } from "../check/schemas.ts";
import { show, validator } from "../check/validator.ts";
import type { LaneSettings, LaneStatus, Rate } from "../contract/lane.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import type { Store } from "../store/store.ts";
import { optionsNamed } from "./call-options.ts";
import { keepForLane, type LaneKeepOptions } from "./keep-options.ts";

/** So many starts per time, evenly; `burst` of them (by default `limit`) may come at once after a pause. */
export interface RateOptions {
  readonly limit: number;
  readonly per: Duration;
  readonly burst?: number;
}

/**
 * Settings of a lane, which hold in all processes (P19). What is absent stays as it is, and `null` resets it; `rate` and
 * `keep` are set as a whole.
 */
export interface LaneOptions extends Omit<LaneSettings, "rate" | "keep"> {
  /** How many jobs may be started per time. */
  readonly rate?: RateOptions | null;
  /** How long finished jobs are kept, by the way they ended, and how many of them. */
  readonly keep?: LaneKeepOptions | null;
}

const Any = Type.Optional(Type.Unknown());
const validateName = validator(LaneName);
const validate = optionsNamed(
  "paused",
  "capacity",
  "concurrency",
  "rate",
  "order",
  "keyConcurrency",
  "keep",
  "history",
);
const validateRate = validator(
  Type.Object(
    { limit: Type.Unknown(), per: Type.Unknown(), burst: Any },
    { additionalProperties: false, description: 'an object such as { limit: 10, per: "1m" }' },
  ),
);

/** A lane of a queue: what it is set to, and how it stands. `queue.lane` gives one; a lane need not exist before. */
export class Lane {
  readonly name: string;
  readonly #store: Pick<Store, "configure" | "lanes">;

  /** @throws QueueError `INVALID` for a name that no lane can have. */
  constructor(store: Pick<Store, "configure" | "lanes">, name: string) {
    checkLaneName(name, "Cannot use the lane");
    this.name = name;
    this.#store = store;
  }

  /**
   * Changes its settings, for every call that begins afterwards, in whatever process.
   *
   * @throws QueueError `INVALID` naming the setting and, if misspelt, the nearest.
   */
  async configure(options: LaneOptions): Promise<void> {
    const subject = `Cannot configure lane ${this.name}`;
    validate(options, subject);
    const { rate, keep, ...plain } = options;
    await this.#store.configure(this.name, {
      ...plain,
      ...(rate !== undefined && { rate: rate && rateOf(rate, subject) }),
      ...(keep !== undefined && { keep: keep && keepForLane(keep, subject) }),
    });
  }

  /** Its settings, in milliseconds, and its jobs by state. */
  async status(): Promise<LaneStatus> {
    const found = (await this.#store.lanes()).find(({ lane }) => lane === this.name);
    return found ?? { lane: this.name, settings: {}, counts: {}, atLeast: [], oldestDueAt: null };
  }

  /** No worker anywhere finds its jobs any more; adding goes on, and so does what has begun. */
  pause(): Promise<void> {
    return this.configure({ paused: true });
  }

  /** Ends a pause. */
  resume(): Promise<void> {
    return this.configure({ paused: null });
  }
}

/** Refuses what is no lane of the user's. @throws QueueError `INVALID`. */
export function checkLaneName(name: unknown, subject: string): asserts name is string {
  validateName(name, subject);
  if (!(name as string).startsWith("$")) return;
  throw new QueueError("INVALID", `${subject}: ${show(name)} cannot be used; names that begin with $ are reserved.`);
}

function rateOf(rate: RateOptions, subject: string): Rate {
  validateRate(rate, `${subject}: \`rate\``);
  const { limit, per, burst } = rate;
  return { limit, periodMs: parseDuration(per, "rate.per"), ...(burst !== undefined && { burst }) };
}
