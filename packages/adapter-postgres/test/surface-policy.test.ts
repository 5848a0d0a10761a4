import {
  afterFailure,
  afterLeaseEnd,
  type Backoff,
  backoffDelay,
  ERROR_BOUNDS,
  type Job,
  matchesType,
  UnrecoverableError,
} from "@anyqueue/api";
import { beforeEach, describe, expect, it } from "vitest";
import { Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
  await surface.rows(`SET search_path = ${surface.schema}, pg_temp`);
});

const backoffs: readonly Backoff[] = [
  { type: "fixed", delayMs: 0 },
  { type: "fixed", delayMs: 1500, jitter: 0.3 },
  { type: "linear", delayMs: 333, jitter: 1 },
  { type: "linear", delayMs: 1000, maxMs: 2500 },
  { type: "exponential", delayMs: 1, jitter: 0.5 },
  { type: "exponential", delayMs: 1000, maxMs: 3_600_000, jitter: 0.2 },
  { type: "exponential", delayMs: 8_640_000_000_000_000, jitter: 1 },
  { type: "exponential", delayMs: 3, maxMs: 8_640_000_000_000_000 },
];

describe("the backoff in SQL", () => {
  it("S47 is that of TypeScript, to the millisecond", async () => {
    const cases = backoffs.flatMap((backoff) =>
      [0, 1, 2, 3, 7, 40, 53, 54, 1_000_000].flatMap((attempt) =>
        [0, 0.1, 0.5, 0.999_999, 1].map((share) => ({ backoff, attempt, share })),
      ),
    );
    const delays = await surface.column(
      `SELECT anyqueue.backoff_delay(c.backoff, c.attempt, c.share)
       FROM ROWS FROM (json_to_recordset($1) AS (backoff json, attempt int, share float8)) WITH ORDINALITY c ORDER BY ordinality`,
      [JSON.stringify(cases)],
    );
    expect(delays).toEqual(cases.map(({ backoff, attempt, share }) => backoffDelay(backoff, attempt, () => share)));
  });

  it("is the default one of TypeScript for jobs that name none", async () => {
    for (const attempt of [1, 2, 5, 30]) {
      const job = { ...held, attempt, maxAttempts: 100 };
      const delayOf = (random: number) => afterFailure(job, "x", 0, { random: () => random }).set.delayMs ?? 0;
      const { delayMs } = (await afterFailureBySql(job, { message: "x" })) as { delayMs: number };
      expect(delayMs).toBeGreaterThanOrEqual(delayOf(0));
      expect(delayMs).toBeLessThanOrEqual(delayOf(1));
    }
  });
});

const held: Job = {
  id: "a:1",
  lane: "a",
  type: "t",
  payload: null,
  state: "active",
  priority: 512,
  runAt: 0,
  insertedAt: 0,
  attempt: 1,
  maxAttempts: 3,
  token: 9,
  version: 2,
  updatedAt: 0,
  lease: { token: 9, until: 10, holder: "w", from: "waiting" },
};

async function afterFailureBySql(job: Job, error: object | null, retryMs?: number, isFinal = false): Promise<unknown> {
  const row = {
    id: job.id,
    lane: job.lane,
    state: job.state,
    attempt: job.attempt,
    max_attempts: job.maxAttempts,
    lease_from: job.lease?.from,
    cancel_requested: job.cancelRequested,
    extra: { backoff: job.backoff },
  };
  return surface.value("SELECT anyqueue.after_failure(json_populate_record(NULL::anyqueue.history, $1), $2, $3, $4)", [
    JSON.stringify(row),
    error === null ? null : JSON.stringify(error),
    retryMs ?? null,
    isFinal,
  ]);
}

describe("what becomes of a job in SQL", () => {
  const fixed: Backoff = { type: "linear", delayMs: 70 };
  const jobs: readonly Job[] = [
    { ...held, backoff: fixed },
    { ...held, backoff: fixed, attempt: 2 },
    { ...held, backoff: fixed, attempt: 3 },
    { ...held, backoff: fixed, attempt: 4 },
    { ...held, backoff: fixed, maxAttempts: 1 },
    { ...held, backoff: fixed, cancelRequested: true },
    { ...held, backoff: fixed, cancelRequested: true, attempt: 3 },
    { ...held, backoff: fixed, state: "parsing", lease: { token: 9, until: 10, holder: "w", from: "fetched" } },
  ];

  it("is what TypeScript decides after a failed attempt", async () => {
    for (const job of jobs) {
      const { set } = afterFailure(job, "boom", 77);
      expect(await afterFailureBySql(job, set.error ?? null)).toEqual(set);
      const { set: last } = afterFailure(job, new UnrecoverableError("boom"), 77);
      expect(await afterFailureBySql(job, last.error ?? null, undefined, true)).toEqual(last);
    }
  });

  it("P15 is what TypeScript decides after the end of a lease", async () => {
    for (const job of jobs) {
      const { set } = afterLeaseEnd(job, 77);
      const { message = "", code } = set.error ?? {};
      const error = await surface.value("SELECT anyqueue.failure_of($1, $2, NULL, $3, 77)", [
        message,
        code,
        job.attempt,
      ]);
      expect(set.error ?? error).toEqual(error);
      expect(await afterFailureBySql(job, set.error ?? null)).toEqual(set);
    }
  });

  it("P16 keeps as much of an error as TypeScript does", async () => {
    const long = "y".repeat(10_000);
    const error = await surface.value("SELECT anyqueue.failure_of($1, $1, $1, 1, 2)", [long]);
    const cut = (bound: number) => `${"y".repeat(bound - 1)}…`;
    expect(error).toEqual({
      message: cut(ERROR_BOUNDS.message),
      code: cut(ERROR_BOUNDS.code),
      stack: cut(ERROR_BOUNDS.stack),
      attempt: 1,
      at: 2,
    });
  });
});

describe("type patterns in SQL", () => {
  it("P9 mean what they mean in TypeScript", async () => {
    const patterns = [
      "*",
      "**",
      "a.*",
      "a.**",
      "**.a",
      "a.**.b",
      "*.*",
      "a",
      "a_b.*",
      "a%.*",
      "A.*",
      "a.b*",
      ".*",
      "(a|b).*",
    ];
    const types = [
      "a",
      "b",
      "a.b",
      "a.b.c",
      "a.b.b",
      "axb.c",
      "a_b.c",
      "a%.c",
      "A.b",
      "a.",
      ".a",
      "a.b*",
      "(a|b).x",
      "é.ß",
      "a.x\\d",
    ];
    const more = [String.raw`a.x\d.**`, String.raw`[!-/:-@[-{-~^$].*`, "é.*", "..", "**.**"];
    const punctuation = String.raw`[!-/:-@[-{-~^$].x`;
    const cases = [...patterns, ...more].flatMap((pattern) =>
      [...types, punctuation].map((type) => ({ pattern, type })),
    );
    const fits = await surface.column(
      `SELECT CASE WHEN strpos(c.pattern, '*') > 0 THEN c.type || '.' ~ anyqueue.type_pattern(c.pattern) ELSE c.type = c.pattern END
       FROM ROWS FROM (json_to_recordset($1) AS (pattern text, type text)) WITH ORDINALITY c ORDER BY ordinality`,
      [JSON.stringify(cases)],
    );
    expect(cases.filter((_, i) => fits[i] === true)).toEqual(
      cases.filter(({ pattern, type }) => matchesType(pattern, type)),
    );
  });
});
