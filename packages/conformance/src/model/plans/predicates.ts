import type { Predicate } from "@anyqueue/api";
import fc, { type Arbitrary } from "fast-check";
import { one } from "./draw.ts";

const TESTS: readonly Predicate[] = [
  { "payload.n": { eq: 1 } },
  { "payload.n": { gte: 2 } },
  { "payload.n": { lt: 2 }, "payload.s": { ne: "b" } },
  { "payload.s": { in: ["a", null] } },
  { payload: { eq: { s: "a", n: 2 } } },
  { payload: { eq: null } },
  { payload: { exists: true } },
  { "payload.length": { exists: true } },
  { attempt: { gte: 1 } },
  { attempt: { lt: 2 } },
  { priority: { lte: 10 } },
  { type: { prefix: "work." } },
  { type: { gt: "mail" } },
  { group: { exists: false } },
  { group: { eq: "red" } },
  { progress: { exists: true } },
  { "progress.n": { ne: 3 } },
  { error: { exists: true } },
  { "error.attempt": { gte: 2 } },
  { state: { in: ["waiting", "fetched"] } },
  { "lease.holder": { eq: "ann" } },
  { orderingKey: { eq: "k1" } },
  { "unique.key": { prefix: "u" } },
  { dependsOn: { exists: true } },
  { version: { lt: 4 } },
  { result: { eq: false } },
  { finishedAt: { exists: true } },
  { maxAttempts: { eq: 3 } },
];

/** A condition that is true of some jobs of a script and false of others. */
export const predicates: Arbitrary<Predicate> = fc.oneof(
  { weight: 6, arbitrary: one(...TESTS) },
  { weight: 1, arbitrary: one(...TESTS).map((part) => ({ not: part })) },
  { weight: 1, arbitrary: fc.array(one(...TESTS), { maxLength: 3, size: "max" }).map((and) => ({ and })) },
  { weight: 1, arbitrary: fc.array(one(...TESTS), { maxLength: 3, size: "max" }).map((or) => ({ or })) },
);
