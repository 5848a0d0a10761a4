import { type Static, Type } from "typebox";

/** The options of the SQLite backend, as `openQueue` and the command line check them. Unknown ones are refused. */
export const SqliteOptionsSchema = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      description: "the path of the database file, or `:memory:` for one that lives as long as this process",
    }),
    durability: Type.Optional(
      Type.Union([Type.Literal("full"), Type.Literal("normal")], {
        description: '"full" (survives a power failure; the default) or "normal" (survives a crash of the process)',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Where the jobs are kept, and how safely (P1). */
export type SqliteOptions = Static<typeof SqliteOptionsSchema>;

/** The path of a database that has no file. */
export const MEMORY = ":memory:";
