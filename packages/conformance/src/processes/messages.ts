import type { NewJob } from "@anyqueue/api";
import type { Connection } from "../fixture.ts";

/** What a case tells another process to do with the store. */
export type Order = { readonly connection: Connection } & (
  | {
      readonly do: "drain";
      readonly lane: string;
      readonly limit: number;
      readonly holder: string;
      readonly now: number;
    }
  | { readonly do: "insert"; readonly jobs: readonly NewJob[]; readonly now: number }
  | { readonly do: "work"; readonly lane: string; readonly holder: string; readonly now: number }
);

/** What the other process answers: ids of jobs that it claimed, or that it was told are added. */
export type Answer =
  | { readonly ready: true }
  | { readonly ids: readonly string[] }
  | { readonly done: true }
  | { readonly failed: string };
