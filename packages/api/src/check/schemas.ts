import { type TSchema, Type } from "typebox";
import { MAX_PRIORITY, PRIORITIES } from "../contract/names.ts";
import {
  Any,
  count,
  duration,
  flag,
  Id,
  ids,
  LaneName,
  lease,
  MAX_BATCH,
  MAX_JOBS,
  MAX_NAME_LENGTH,
  name,
  NAME_PATTERN,
  names,
  State,
  strict,
  text,
  time,
} from "./fields.ts";

import { KeptFor } from "./query-schemas.ts";

export { LaneName, MAX_BATCH, MAX_JOBS, MAX_NAME_LENGTH, MAX_TIME } from "./fields.ts";
export * from "./query-schemas.ts";

/** A priority: a number, lower first, or a name. */
export const Priority = Type.Union(
  [Type.Integer({ minimum: 0, maximum: MAX_PRIORITY }), ...Object.keys(PRIORITIES).map((key) => Type.Literal(key))],
  {
    description: `a whole number from 0 to ${MAX_PRIORITY} (lower runs first), or ${Object.keys(PRIORITIES).join(", ")}`,
  },
);

/** A stored backoff. */
export const BackoffSchema = Type.Object(
  {
    type: Type.Union([Type.Literal("fixed"), Type.Literal("linear"), Type.Literal("exponential")], {
      description: '"fixed", "linear" or "exponential"',
    }),
    delayMs: duration,
    maxMs: Type.Optional(duration),
    jitter: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: "a number from 0 to 1" })),
  },
  { ...strict, description: "a backoff such as { type, delayMs }" },
);

const UniqueSchema = Type.Object(
  {
    key: name("a key"),
    until: Type.Union([Type.Literal("started"), Type.Literal("finished"), Type.Object({ windowMs: lease }, strict)]),
  },
  { ...strict, description: "{ key, until }" },
);

const kept = Type.Optional(KeptFor);
const keepFor = { completed: kept, failed: kept, cancelled: kept };

/** How long a job is kept once it has ended. */
export const KeepSchema = Type.Object(keepFor, {
  ...strict,
  description: "{ completed, failed, cancelled } with milliseconds or false each",
});

/** What `Store.insert` takes. */
export const JobInputSchema = Type.Object(
  {
    type: name("a job type, such as mail.send"),
    payload: Any,
    id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 356,
        pattern: NAME_PATTERN,
        description:
          "a local id without a colon, or a whole id `<lane>:<local id>`, of printable characters, the local part at most 255",
      }),
    ),
    lane: Type.Optional(LaneName),
    state: Type.Optional(State),
    priority: Type.Optional(Priority),
    maxAttempts: Type.Optional(count(1_000_000, 1)),
    runAt: Type.Optional(time),
    delayMs: Type.Optional(duration),
    backoff: Type.Optional(BackoffSchema),
    timeoutMs: Type.Optional(lease),
    group: Type.Optional(name("a group's name")),
    progress: Type.Optional(Any),
    orderingKey: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_NAME_LENGTH,
        pattern: NAME_PATTERN.replace("^", "^(?!\\$)"),
        description: `an ordering key: 1 to ${MAX_NAME_LENGTH} characters that do not begin with $, none of them a control character`,
      }),
    ),
    unique: Type.Optional(UniqueSchema),
    dependsOn: Type.Optional(ids),
    onParent: Type.Optional(
      Type.Union([Type.Literal("cancel"), Type.Literal("release"), Type.Literal("leave")], {
        description: '"cancel", "release" or "leave"',
      }),
    ),
    keep: Type.Optional(KeepSchema),
  },
  strict,
);

/** What goes with a call that writes. */
export const AtSchema = Type.Object(
  {
    now: Type.Optional(time),
    tx: Type.Optional(Any),
    allOrNone: Type.Optional(flag),
    maybeStored: Type.Optional(flag),
  },
  strict,
);

const LaneShareSchema = Type.Union([LaneName, Type.Object({ lane: LaneName, limit: count(MAX_BATCH) }, strict)], {
  description: "a lane's name, or { lane, limit }",
});

/** A poll. */
export const PollSchema = Type.Object(
  {
    lanes: Type.Optional(
      Type.Array(LaneShareSchema, {
        maxItems: MAX_BATCH,
        description: "a list of lane names, or of { lane, limit }",
      }),
    ),
    types: Type.Optional(names("a type pattern")),
    ids: Type.Optional(ids),
    where: Type.Optional(Any),
    after: Type.Optional(text),
    from: Type.Optional(State),
    to: Type.Optional(State),
    order: Type.Optional(
      Type.Union([Type.Literal("priority"), Type.Literal("touched")], { description: '"priority" or "touched"' }),
    ),
    limit: count(MAX_BATCH),
    lease: Type.Optional(
      Type.Object(
        { ms: lease, holder: name("the holder's name") },
        { ...strict, description: "a lease { ms, holder }" },
      ),
    ),
    expired: Type.Optional(count(MAX_BATCH)),
    now: Type.Optional(time),
  },
  strict,
);

const JobErrorSchema = Type.Object(
  {
    message: text,
    code: Type.Optional(text),
    stack: Type.Optional(text),
    attempt: Type.Optional(count(Number.MAX_SAFE_INTEGER)),
    at: Type.Optional(time),
  },
  { ...strict, description: "an error { message, code?, stack?, attempt?, at? }" },
);

/** A compare-and-set. `where`, values and `spawn` are checked by themselves. */
export const ChangeSchema = Type.Object(
  {
    id: Id,
    expect: Type.Object(
      {
        state: Type.Optional(
          Type.Union([State, Type.Array(State)], { description: "a state's name or a list of them" }),
        ),
        token: Type.Optional(count(Number.MAX_SAFE_INTEGER)),
        version: Type.Optional(count(Number.MAX_SAFE_INTEGER)),
        where: Type.Optional(Any),
      },
      { ...strict, description: "what has to hold: state, token or version, and perhaps where" },
    ),
    set: Type.Object(
      {
        state: Type.Optional(State),
        delayMs: Type.Optional(duration),
        runAt: Type.Optional(time),
        priority: Type.Optional(
          Type.Integer({ minimum: 0, maximum: MAX_PRIORITY, description: `a whole number from 0 to ${MAX_PRIORITY}` }),
        ),
        attempt: Type.Optional(count(Number.MAX_SAFE_INTEGER)),
        progress: Type.Optional(Any),
        payload: Type.Optional(Any),
        result: Type.Optional(Any),
        error: Type.Optional(JobErrorSchema),
        leaseMs: Type.Optional(lease),
        cancel: Type.Optional(Type.Literal(true, { description: "true" })),
        requeue: Type.Optional(Type.Literal(true, { description: "true" })),
        unique: Type.Optional(Type.Null({ description: "null" })),
      },
      { ...strict, description: "what to set" },
    ),
    event: Type.Optional(Any),
    spawn: Type.Optional(Type.Array(Any, { maxItems: MAX_JOBS, description: `a list of at most ${MAX_JOBS} jobs` })),
  },
  strict,
);

/** An event to append. */
export const NewEventSchema = Type.Object(
  { id: Id, event: Any, token: Type.Optional(count(Number.MAX_SAFE_INTEGER)) },
  strict,
);

const orNull = (schema: TSchema): TSchema =>
  Type.Optional(
    Type.Union([schema, Type.Null()], {
      description: `${(schema as { description?: string }).description ?? "a value"}, or null to reset it`,
    }),
  );

/** A lane's settings. */
export const LaneSettingsSchema = Type.Object(
  {
    paused: orNull(flag),
    capacity: orNull(count(Number.MAX_SAFE_INTEGER, 1)),
    concurrency: orNull(count(MAX_BATCH, 1)),
    rate: orNull(
      Type.Object(
        {
          limit: count(Number.MAX_SAFE_INTEGER, 1),
          periodMs: lease,
          burst: Type.Optional(count(Number.MAX_SAFE_INTEGER, 1)),
        },
        { ...strict, description: "a rate { limit, periodMs, burst? }" },
      ),
    ),
    order: orNull(
      Type.Union([Type.Literal("priority"), Type.Literal("fifo")], { description: '"priority" or "fifo"' }),
    ),
    keyConcurrency: orNull(count(MAX_BATCH, 1)),
    keep: orNull(
      Type.Object(
        { ...keepFor, count: Type.Optional(count(Number.MAX_SAFE_INTEGER)) },
        { ...strict, description: "{ completed, failed, cancelled } with milliseconds or false each, or { count }" },
      ),
    ),
    history: orNull(
      Type.Union([Type.Literal("failures"), Type.Literal("all")], { description: '"failures" or "all"' }),
    ),
  },
  strict,
);
