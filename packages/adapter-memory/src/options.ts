import { Type } from "typebox";
import type { Static } from "typebox";

/** What can be said about a memory store. */
export const MemoryOptions = Type.Object(
  {
    snapshot: Type.Optional(
      Type.Object(
        {
          path: Type.String({ minLength: 1, description: "The file that the jobs are loaded from and written to." }),
          every: Type.Optional(
            Type.Number({ minimum: 0, description: "Milliseconds between snapshots; 0 or absent: only on close." }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
/** What can be said about a memory store. */
export type MemoryOptions = Static<typeof MemoryOptions>;
