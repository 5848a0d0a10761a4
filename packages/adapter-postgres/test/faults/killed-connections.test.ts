import { describe, expect, it } from "vitest";
import { changedUrl } from "../connections.ts";
import { newSchemaName, openClient, temporarySchema } from "../server.ts";
import { Load, STORMS } from "./load.ts";

/** The functions that the load is made of, as their names begin, by what calls them. */
const FUNCTIONS = { add: "insert_jobs", poll: "poll", settle: "settle" };

describe("a storm that kills connections", () => {
  it.for(Object.entries(FUNCTIONS))(
    "P1 P3 P6 P15 in the middle of every %s loses nothing, and runs nothing twice but after a lease",
    { timeout: 60_000 * (1 + STORMS) },
    async ([, name], { annotate }) => {
      // Some are dead only when their statement is done, and nobody misses them.
      const report = await storm(
        (load, killed) => killed >= 10 * STORMS && load.isTroubled,
        (schema) => `%${schema}.${name}%`,
      );
      await annotate(JSON.stringify(report));
      expect(report.complaints).toEqual([]);
      expect(Object.values(report.troubles)).not.toEqual([]);
    },
  );

  it(
    "P1 P3 P6 P15 P24 whatever they do, idle and listening ones too, does the same",
    { timeout: 60_000 * (1 + STORMS) },
    async ({ annotate }) => {
      const report = await storm(
        (_, killed) => killed >= 60 * STORMS,
        () => "%",
      );
      await annotate(JSON.stringify(report));
      expect(report.complaints).toEqual([]);
    },
  );
});

/** Kills connections that run such a statement, or any if it is `%`, until that is enough. */
async function storm(isEnough: (load: Load, killed: number) => boolean, statementOf: (schema: string) => string) {
  const schema = temporarySchema();
  const application = newSchemaName();
  const url = await changedUrl((it) => it.searchParams.set("application_name", application));
  const client = await openClient();
  let killed = 0;
  const report = await Load.during({ url, schema, jobs: 500 * STORMS }, async (load) => {
    while (!isEnough(load, killed)) {
      await load.progress(1);
      const { rows } = await client.query<{ count: string }>(KILL, [application, statementOf(schema)]);
      killed += Number(rows[0]?.count);
    }
  });
  return { ...report, killed };
}

const KILL = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
  WHERE application_name = $1 AND ($2 = '%' OR state = 'active' AND query LIKE $2)`;
