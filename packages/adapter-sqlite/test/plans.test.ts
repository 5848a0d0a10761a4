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
      for (const index of ["ready", "scheduled", "leased", "kept", "lines", "held_up"])
        lie.run(`anyqueue_${index}`, "1000000 1000000 1000000");
      const other = db.prepare(
        "INSERT INTO sqlite_stat1 VALUES ('anyqueue_dependencies', ?, '1000000 1000000 1000000')",
      );
      for (const index of ["anyqueue_dependencies", "anyqueue_dependents"]) other.run(index);
      db.exec("ANALYZE sqlite_master");
    });

    it("P8 every statement finds its jobs by an index", () => {
      const tables = /SCAN (anyqueue_(jobs|unique|dependencies)|[du]\b)/;
      const scans = Object.entries(prepare(db)).filter(([name, { source }]) => {
        // Whether there is anything at all is asked by looking at one row.
        return !/^has(Dependencies|Notes)$/.test(name) && tables.test(plan(source));
      });
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

    it("P18 a line is read from its first job on, and no further than turns are free", () => {
      const { countLine, countTurns, giveTurns, nextKey } = prepare(db);
      const line = "SEARCH anyqueue_jobs USING COVERING INDEX anyqueue_lines";
      expect(plan(giveTurns.source)).toContain(`${line} (lane=? AND okey=? AND place=?)`);
      expect(plan(giveTurns.source)).not.toContain("TEMP B-TREE");
      for (const { source } of [countLine, countTurns])
        expect(plan(source)).toContain(`${line} (lane=? AND okey=? AND place=?)`);
      expect(plan(nextKey.source)).toBe(`${line} (lane=? AND okey>?)`);
    });

    it("P19 unfinished jobs and open leases are counted in indexes", () => {
      const { countUnfinished, countOpen, countBlocked, countParkedDue } = prepare(db);
      for (const { source } of [countUnfinished, countOpen, countBlocked, countParkedDue]) {
        expect(plan(source)).toContain("USING COVERING INDEX");
        expect(plan(source)).not.toMatch(/USING INDEX|TEMP B-TREE/);
      }
    });

    it("P20 dependents and dependencies are found by index", () => {
      const { findDependents, findUnblocked, satisfy, waitsFor, findAwaited } = prepare(db);
      expect(plan(findDependents.source)).toContain(
        "SEARCH d USING COVERING INDEX anyqueue_dependents (on_id=? AND satisfied=?)",
      );
      expect(plan(findUnblocked.source)).toContain("SEARCH d USING PRIMARY KEY (id=? AND satisfied=?)");
      expect(plan(satisfy.source)).toContain("USING PRIMARY KEY (id=? AND satisfied=? AND on_id=?)");
      expect(plan(waitsFor.source)).toContain("USING PRIMARY KEY (id=? AND satisfied=?)");
      expect(plan(findAwaited.source)).toContain("USING COVERING INDEX anyqueue_dependents (on_id=?)");
    });

    it("P26 retention reads the jobs that have been finished longest, without sorting", () => {
      const { oldestFinished, firstKeptUntil, newestFinished } = prepare(db);
      const kept = "SEARCH anyqueue_jobs USING COVERING INDEX anyqueue_kept";
      expect(plan(oldestFinished.source)).toContain(
        "anyqueue_kept (lane=? AND state=? AND keep_until=? AND finished_at<?)",
      );
      expect(plan(oldestFinished.source)).not.toContain("TEMP B-TREE");
      expect(plan(firstKeptUntil.source)).toContain("anyqueue_kept (lane=? AND state=? AND keep_until<?)");
      expect(plan(firstKeptUntil.source)).not.toContain("TEMP B-TREE");
      expect(plan(newestFinished.source)).toContain(`${kept} (lane=? AND state=? AND keep_until=?)`);
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
