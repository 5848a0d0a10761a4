import { runConformance } from "@anyqueue/conformance";
import { describe, it } from "vitest";
import { changedUrl } from "../connections.ts";
import { fixtureOf } from "../fixture.ts";

/** What a database, a role or a URL may set for every session, and what nothing may depend on. */
const SETTINGS = {
  TimeZone: "Asia/Kathmandu",
  DateStyle: "SQL,DMY",
  IntervalStyle: "sql_standard",
  bytea_output: "escape",
  extra_float_digits: "-15",
  search_path: "pg_temp",
  transform_null_equals: "on",
  standard_conforming_strings: "off",
  backslash_quote: "off",
  quote_all_identifiers: "on",
  default_transaction_isolation: "serializable",
  default_transaction_deferrable: "on",
  synchronous_commit: "off",
  enable_indexscan: "off",
  enable_indexonlyscan: "off",
  plan_cache_mode: "force_custom_plan",
  work_mem: "64kB",
  jit_above_cost: "0",
  client_min_messages: "error",
};

/** What values, order, times and plans have a part in; all cases when there is time for storms. */
const TOUCHED = /\b(P2|P7|P8|P9|P10|P15|P22|P23|P26)\b/;
const isWhole = process.env["ANYQUEUE_TEST_STORMS"] !== undefined;
const definerOf = (title: string) => (isWhole || TOUCHED.test(title) ? it : undefined);

const options = Object.entries(SETTINGS)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(" ");
const url = await changedUrl((it) => it.searchParams.set("options", options));
const fixture = await fixtureOf("postgres in sessions with odd settings", { url });
runConformance(fixture, { describe, it: (title, run, timeoutMs) => definerOf(title)?.(title, run, timeoutMs) });
