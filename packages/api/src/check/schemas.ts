import { type TSchema, Type } from "typebox";
import { LANE_PATTERN, MAX_PRIORITY, PRIORITIES } from "../contract/names.ts";

/** Names of types, states, holders, groups, keys: at most this many characters. */
export const MAX_NAME_LENGTH = 255;
/** At most this many jobs, changes, ids or events go with one call. */
export const MAX_BATCH = 10_000;
/** The last moment that a `Date` can hold. */
export const MAX_TIME = 8_640_000_000_000_000;

const strict = { additionalProperties: false };
// No control characters: a name goes into logs, terminals and error messages.
const NAME_PATTERN = "^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$";

const name = (what: string): TSchema =>
  Type.String({
    minLength: 1,
    maxLength: MAX_NAME_LENGTH,
    pattern: NAME_PATTERN,
    description: `${what}: 1 to ${MAX_NAME_LENGTH} characters, none of them a control character`,
  });
const count = (maximum: number, minimum = 0): TSchema =>
  Type.Integer({ minimum, maximum, description: `a whole number from ${minimum} to ${maximum}` });
const time = Type.Integer({ minimum: 0, maximum: MAX_TIME, description: "a time in milliseconds since 1970" });
const duration = Type.Integer({
  minimum: 0,
  maximum: MAX_TIME,
  description: "a whole number of milliseconds, 0 or more",
});
const lease = Type.Integer({ minimum: 1, maximum: MAX_TIME, description: "a whole number of milliseconds, 1 or more" });
const flag = Type.Boolean({ description: "true or false" });
const text = Type.String({ description: "a string" });

/** A lane's name. */
export const LaneName = Type.String({
  pattern: LANE_PATTERN,
  description: "a lane's name: 1 to 100 letters, digits, `_`, `.` or `-`",
});
const State = name("a state's name");
const Id = Type.String({
  minLength: 3,
  maxLength: 356,
  pattern: "^\\$?[A-Za-z0-9_.-]{1,100}:[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$",
  description: "a job's id, `<lane>:<local id>`",
});
const ids = Type.Array(Id, { maxItems: MAX_BATCH, description: `a list of at most ${MAX_BATCH} job ids` });
const names = (what: string): TSchema => Type.Array(name(what), { description: `a list of names` });
const Any = Type.Unsafe<unknown>(Type.Unknown());

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
    orderingKey: Type.Optional(name("an ordering key")),
    unique: Type.Optional(UniqueSchema),
    dependsOn: Type.Optional(ids),
    onParent: Type.Optional(
      Type.Union([Type.Literal("cancel"), Type.Literal("release"), Type.Literal("leave")], {
        description: '"cancel", "release" or "leave"',
      }),
    ),
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
      },
      { ...strict, description: "what to set" },
    ),
    event: Type.Optional(Any),
    spawn: Type.Optional(Type.Array(Any, { maxItems: MAX_BATCH, description: `a list of at most ${MAX_BATCH} jobs` })),
  },
  strict,
);

/** A list of ids. */
export const IdsSchema = Type.Object({ ids }, strict);

/** A list query. */
export const ListSchema = Type.Object(
  {
    lanes: Type.Optional(Type.Array(LaneName, { description: "a list of lane names" })),
    states: Type.Optional(names("a state's name")),
    types: Type.Optional(names("a type pattern")),
    group: Type.Optional(name("a group's name")),
    where: Type.Optional(Any),
    order: Type.Optional(
      Type.Union([Type.Literal("poll"), Type.Literal("inserted"), Type.Literal("finished")], {
        description: '"poll", "inserted" or "finished"',
      }),
    ),
    limit: count(MAX_BATCH, 1),
    after: Type.Optional(text),
    now: Type.Optional(time),
  },
  strict,
);

/** A removal by age; one by ids is an `IdsSchema`. */
export const RemoveSchema = Type.Object(
  {
    lane: Type.Optional(LaneName),
    states: Type.Array(Type.Union([Type.Literal("completed"), Type.Literal("failed"), Type.Literal("cancelled")]), {
      description: 'a list of "completed", "failed", "cancelled"; only finished jobs are removed by age',
    }),
    olderThanMs: duration,
    limit: count(MAX_BATCH, 1),
    now: Type.Optional(time),
  },
  strict,
);

/** An event to append. */
export const NewEventSchema = Type.Object(
  { id: Id, event: Any, token: Type.Optional(count(Number.MAX_SAFE_INTEGER)) },
  strict,
);

/** A query of the log. */
export const EventsSchema = Type.Object(
  {
    id: Type.Optional(Id),
    after: Type.Optional(text),
    kinds: Type.Optional(
      Type.Array(
        Type.Union([Type.Literal("inserted"), Type.Literal("moved"), Type.Literal("failed"), Type.Literal("user")]),
        { description: 'a list of "inserted", "moved", "failed", "user"' },
      ),
    ),
    limit: count(MAX_BATCH, 1),
  },
  strict,
);

/** The clock of a `lanes` call. */
export const LanesSchema = Type.Object({ now: Type.Optional(time) }, strict);

const keepFor = Type.Union([duration, Type.Literal(false)], { description: "milliseconds, or false to keep none" });
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
    keep: orNull(
      Type.Object(
        {
          completed: Type.Optional(keepFor),
          failed: Type.Optional(keepFor),
          cancelled: Type.Optional(keepFor),
          count: Type.Optional(count(Number.MAX_SAFE_INTEGER)),
        },
        { ...strict, description: "{ completed, failed, cancelled } with milliseconds or false each" },
      ),
    ),
    history: orNull(
      Type.Union([Type.Literal("failures"), Type.Literal("all")], { description: '"failures" or "all"' }),
    ),
  },
  strict,
);
