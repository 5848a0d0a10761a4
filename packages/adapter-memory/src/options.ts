import { Type } from "typebox";
import type { Static } from "typebox";

const SnapshotOptions = Type.Object(
  {
    path: Type.String({ minLength: 1, description: "the path of a file" }),
    // The time between snapshots; 0 or absent: only on close.
    every: Type.Optional(
      Type.Union([Type.Number({ minimum: 0, maximum: 2 ** 31 - 1 }), Type.String()], {
        description: 'milliseconds or a duration such as "5s"',
      }),
    ),
  },
  { additionalProperties: false },
);
/** Where and how often a memory store writes its jobs to disk. */
export type SnapshotOptions = Static<typeof SnapshotOptions>;

/** What can be said about a memory store. */
export const MemoryOptions = Type.Object({ snapshot: Type.Optional(SnapshotOptions) }, { additionalProperties: false });
/** What can be said about a memory store. */
export type MemoryOptions = Static<typeof MemoryOptions>;
