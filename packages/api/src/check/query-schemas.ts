import { Type } from "typebox";
import { Any, count, duration, Id, ids, LaneName, MAX_BATCH, name, names, strict, text, time } from "./fields.ts";

/** How long finished jobs are kept: milliseconds or not at all. */
export const KeptFor = Type.Union([duration, Type.Literal(false)], {
  description: "milliseconds, or false to keep none",
});

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

/** A removal by ids. */
export const RemoveByIdsSchema = Type.Object({ ids, now: Type.Optional(time) }, strict);

/** A removal by age. */
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

/** A removal of what a lane does not keep any longer. */
export const RetentionSchema = Type.Object(
  {
    lane: LaneName,
    keep: Type.Object(
      {
        completed: KeptFor,
        failed: KeptFor,
        cancelled: KeptFor,
        count: Type.Optional(count(Number.MAX_SAFE_INTEGER)),
      },
      { ...strict, description: "{ completed, failed, cancelled, count? }" },
    ),
    limit: count(MAX_BATCH, 1),
    now: Type.Optional(time),
  },
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
