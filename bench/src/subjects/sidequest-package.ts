import type { Package } from "../on-demand.ts";

/** Sidequest with both of the stores that are measured. */
export const SIDEQUEST: Package = {
  name: "sidequest",
  version: "1.16.4",
  beside: {
    "@sidequest/core": "1.16.4",
    "@sidequest/backend": "1.16.4",
    "@sidequest/postgres-backend": "1.16.5",
    "@sidequest/sqlite-backend": "1.16.5",
    "better-sqlite3": "13.2.0",
  },
};
