import type { Database } from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../src/database.ts";
import { prepare } from "../src/statements.ts";

/** Statistics of an empty table, of a full one, or none at all: the plans have to be the same. */
describe.each(["no statistics", "the statistics of an empty table", "statistics that speak against every index"])(
  "with %s",
  (statistics) => {
    let db: Database;

    beforeEach(() => {
      db = openDatabase({ path: ":memory:" });
      if (statistics === "no statistics") return;
      db.exec("ANALYZE");
      if (statistics === "the statistics of an empty table") return;
      const lie = db.prepare("INSERT INTO sqlite_stat1 VALUES ('anyqueue_jobs', ?, ?)");
      for (const index of ["ready", "scheduled", "leased", "finished"])
        lie.run(`anyqueue_${index}`, "1000000 1000000 1000000");
      db.exec("ANALYZE sqlite_master");
    });

    it("P8 every statement finds its jobs by an index", () => {
      const scans = Object.entries(prepare(db)).filter(([, { source }]) => plan(source).includes("SCAN anyqueue_jobs"));
      expect(scans.map(([name]) => name)).toEqual([]);
    });

    it("P7 a claim reads the ready jobs in their order, without sorting", () => {
      const { ready, readyAfter, touched } = prepare(db);
      const search = "SEARCH anyqueue_jobs USING INDEX";
      expect(plan(ready.source)).toBe(`${search} anyqueue_ready (lane=? AND state=?)`);
      expect(plan(readyAfter.source)).toMatch(/^SEARCH anyqueue_jobs USING INDEX anyqueue_ready [^|]*$/);
      expect(plan(touched.source)).toBe(`${search} anyqueue_touched (lane=? AND state=? AND touched>?)`);
    });

    it("P8 the look at what is due, and the rescue, read only what they find", () => {
      const { isDue, ended, firstLeaseEnd } = prepare(db);
      expect(plan(isDue.source)).toBe(
        "SEARCH anyqueue_jobs USING COVERING INDEX anyqueue_scheduled (lane=? AND state=? AND run_at<?)",
      );
      expect(plan(ended.source)).toContain("USING INDEX anyqueue_leased (lane=? AND lease_until<?)");
      expect(plan(firstLeaseEnd.source)).toContain("USING COVERING INDEX anyqueue_leased (lane=?)");
    });

    it("writes of many jobs go by their row numbers", () => {
      const { lease, finish, renew, takeOver } = prepare(db);
      for (const { source } of [lease, finish, renew, takeOver]) {
        expect(plan(source)).toContain("SEARCH anyqueue_jobs USING INTEGER PRIMARY KEY (rowid=?)");
      }
    });

    function plan(sql: string): string {
      const parameters = Array.from({ length: sql.split("?").length - 1 }, () => "[]");
      const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
      return steps.map(({ detail }) => detail).join(" | ");
    }
  },
);
