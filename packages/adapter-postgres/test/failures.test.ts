import { inspect } from "node:util";
import { QueueError } from "@anyqueue/api";
import { DrizzleQueryError } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { explain, explainConnecting, isBroken, isConflict, stateOf } from "../src/failures.ts";
import { changedUrl, openConnection, telling } from "./connections.ts";
import { newSchemaName, runSql, temporaryRole, temporarySchema } from "./server.ts";

const PLACE = { server: "postgres at db:5432/shop", schema: "jobs" };

/** An error as the driver makes it of the server's or the system's word. */
function told(code: string, message = "its words"): Error {
  return Object.assign(new Error(message), { code });
}

describe("a failure", () => {
  it.each([
    ["08006", "UNAVAILABLE", "not known whether the call took effect"],
    ["57P01", "UNAVAILABLE", "not known whether the call took effect"],
    ["ECONNRESET", "UNAVAILABLE", "not known whether the call took effect"],
    ["ETIMEDOUT", "UNAVAILABLE", "not known whether the call took effect"],
    ["53100", "UNAVAILABLE", "make room"],
    ["53200", "UNAVAILABLE", "short of resources"],
    ["53300", "UNAVAILABLE", "max_connections"],
    ["25006", "UNAVAILABLE", "READ ONLY, or the server a standby"],
    ["25P02", "INVALID", "Roll it back"],
    ["40P01", "UNAVAILABLE", "try the whole transaction again"],
    ["57014", "UNAVAILABLE", "statement_timeout"],
    ["26000", "INVALID", "`prepare`"],
    ["42501", "INVALID", "SELECT jobs.grant_worker"],
    ["42P01", "CORRUPT", "anyqueue migrate"],
    ["42883", "CORRUPT", "anyqueue migrate"],
    ["XX001", "CORRUPT", "backup"],
    ["54000", "TOO_LARGE", "reference"],
    ["22P05", "INVALID", "cannot keep such a value"],
    ["ZZ999", "UNAVAILABLE", "its words"],
  ])("%s of a statement is %s and says %s", (state, code, words) => {
    const cause = told(state);
    expect(explain(cause, PLACE)).toMatchObject({ name: "QueueError", code, message: telling(words), cause });
  });

  it.each([
    ["28P01", "INVALID", "pg_hba.conf"],
    ["3D000", "INVALID", "no such database"],
    ["57P03", "UNAVAILABLE", "See that the server runs"],
    ["53300", "UNAVAILABLE", "max_connections"],
    ["ECONNREFUSED", "UNAVAILABLE", "Cannot connect to postgres at db:5432/shop"],
    ["ENOTFOUND", "UNAVAILABLE", "Correct the URL"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "INVALID", "sslrootcert"],
    ["", "UNAVAILABLE", "its words"],
  ])("%s of connecting is %s and says %s", (state, code, words) => {
    const cause = told(state);
    expect(explainConnecting(cause, PLACE)).toMatchObject({ code, message: telling(words), cause });
  });

  it("of a driver that has no code for it is known by its words", () => {
    const cause = new Error("Connection terminated unexpectedly");
    expect(explain(cause, PLACE)).toMatchObject({ code: "UNAVAILABLE", message: telling("was lost"), cause });
  });

  it("of several addresses, none of which answered, tells what all of them said", () => {
    const cause = Object.assign(new AggregateError([told("ECONNREFUSED"), told("ECONNREFUSED")]), {
      code: "ECONNREFUSED",
    });
    expect(explainConnecting(cause, PLACE)).toMatchObject({ message: telling("(ECONNREFUSED)") });
  });

  it("that a query builder has wrapped is seen through", () => {
    const wrapped = new DrizzleQueryError("SELECT 1", [], told("40001"));
    expect(explain(wrapped, PLACE)).toMatchObject({
      code: "UNAVAILABLE",
      message: telling("try the whole transaction"),
    });
    expect(isConflict(wrapped)).toBe(true);
  });

  it("that has been explained keeps its state and is not explained again", () => {
    const explained = explain(told("23505"), PLACE);
    expect(stateOf(explained)).toBe("23505");
    expect(explain(explained, PLACE)).toBe(explained);
  });

  it("that neither server nor network had a part in comes back as it is", () => {
    for (const error of [
      new RangeError("no"),
      told("ERR_INVALID_ARG_TYPE"),
      new QueueError("CLOSED", "shut"),
      "thrown",
    ]) {
      expect(explain(error, PLACE)).toBe(error);
      expect(stateOf(error)).toBeUndefined();
    }
  });

  it("tells a broken connection from a refused statement", () => {
    for (const state of ["ECONNRESET", "57P01", "08003"]) expect(isBroken(told(state))).toBe(true);
    for (const state of ["23505", "40P01", "57014", "25P02"]) expect(isBroken(told(state))).toBe(false);
    expect(isBroken(new Error("Query read timeout"))).toBe(true);
  });
});

describe("a server's refusal", () => {
  it("of a wrong password names the user, and no password", async () => {
    const role = await temporaryRole("right");
    const url = await changedUrl((it) => {
      it.username = role;
      it.password = "s3cret";
    });
    const error: unknown = await openConnection({ url }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "INVALID", message: telling(role), cause: { code: "28P01" } });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cret");
  });

  it("of somebody without a password says that one is missing", async () => {
    const role = await temporaryRole("right");
    const url = await changedUrl((it) => {
      it.username = role;
      it.password = "";
    });
    await expect(openConnection({ url })).rejects.toMatchObject({ code: "INVALID", message: telling("password") });
  });

  it("of a database that is not there says so", async () => {
    const url = await changedUrl((it) => (it.pathname = "/elsewhere"));
    await expect(openConnection({ url })).rejects.toMatchObject({ code: "INVALID", message: telling("elsewhere") });
  });

  it("of a database that cannot hold every character says so", async () => {
    const name = newSchemaName();
    const provider = (await openConnection()).query("SELECT current_setting('server_version_num')::int >= 150000");
    const locale = (await provider)[0]?.[0] === true ? "LOCALE_PROVIDER libc" : "";
    await runSql(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' ${locale}`);
    onTestFinished(() => runSql(`DROP DATABASE ${name} WITH (FORCE)`));
    const url = await changedUrl((it) => (it.pathname = `/${name}`));
    await expect(openConnection({ url })).rejects.toMatchObject({ code: "UNSUPPORTED", message: telling("LATIN1") });
  });

  it("to speak TLS is told, with what to do", async () => {
    const url = await changedUrl((it) => it.searchParams.set("sslmode", "verify-full"));
    await expect(openConnection({ url })).rejects.toMatchObject({
      code: "INVALID",
      message: telling("sslmode=disable"),
    });
  });

  it("for want of a right says how it is granted", async () => {
    const role = await temporaryRole("right");
    const schema = temporarySchema();
    await runSql(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.jobs ()`);
    const url = await changedUrl((it) => {
      it.username = role;
      it.password = "right";
    });
    const connection = await openConnection({ url, schema });
    await expect(connection.query(`SELECT FROM ${schema}.jobs`)).rejects.toMatchObject({
      code: "INVALID",
      message: telling(`${schema}.grant_worker`),
    });
  });

  it.each([
    ["a table that is not there", "SELECT FROM anyqueue_nowhere.jobs", "CORRUPT"],
    ["a function that is not there", "SELECT anyqueue_nothing()", "CORRUPT"],
    ["what takes longer than allowed", "SET statement_timeout = 1; SELECT pg_sleep(9)", "UNAVAILABLE"],
    ["to write where only reading is allowed", "SET transaction_read_only = on; CREATE TABLE t ()", "UNAVAILABLE"],
  ])("of %s has its code", async (_, text, code) => {
    const connection = await openConnection({ connections: 1 });
    await expect(connection.transaction((session) => session.query(text))).rejects.toMatchObject({ code });
  });

  it("of a value that it cannot keep has its code", async () => {
    const connection = await openConnection();
    await expect(connection.query("SELECT $1::text", ["\0"])).rejects.toMatchObject({ code: "INVALID" });
  });
});
