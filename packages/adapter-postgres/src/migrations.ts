import { FUNCTIONS, TABLES } from "./sql/index.ts";

/**
 * The steps that lead from nothing to the newest layout, in order and never changed once released. After the last one
 * every function is replaced by its newest text.
 */
const STEPS: readonly { readonly title: string; readonly sql: string }[] = [
  { title: "tables for jobs, history, events and lanes", sql: TABLES },
];

/** The layout that this code writes. */
export const VERSION = STEPS.length;
