import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Client } from "pg";
import { describe, expect, it, vi } from "vitest";
import { decodeMessage, type Message } from "../../src/wakeups/message.ts";
import { changedUrl, openPool } from "../connections.ts";
import { openClient, serverUrl, temporarySchema } from "../server.ts";
import { Handle, until } from "./open.ts";
import { noPgBouncer, startPgBouncer } from "./pgbouncer.ts";
import { Proxy } from "./proxy.ts";

// The first test waits for the server to start.
vi.setConfig({ testTimeout: 30_000 });

/** What goes over a store's channel, as a stranger hears it. */
async function eavesdrop(schema: string): Promise<{ readonly messages: Message[]; readonly client: Client }> {
  const client = await openClient();
  const messages: Message[] = [];
  client.on("notification", ({ payload = "" }) => {
    const message = decodeMessage(payload);
    const saysSomething = [...message.lanes, ...message.finished].length > 0 || message.resync === true;
    if (saysSomething) messages.push(message);
  });
  await client.query(`LISTEN "${schema}"`);
  return { messages, client };
}

/** How many connections of the server listen for this store. */
async function listeners(client: Client, schema: string): Promise<number> {
  const text = `SELECT FROM pg_stat_activity WHERE query = $1 AND pid <> pg_backend_pid()`;
  return (await client.query(text, [`LISTEN "${schema}"`])).rowCount ?? 0;
}

const cutOff = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1 AND pid <> pg_backend_pid()`;

describe("wake-ups over Postgres", () => {
  it("tell other handles of the store, and nobody else", async () => {
    const [schema, stranger] = [temporarySchema(), temporarySchema()];
    const [one, two, other] = [
      await Handle.listening({ schema }),
      await Handle.listening({ schema }),
      await Handle.listening({ schema: stranger }),
    ];

    one.tell("a");
    await two.hears({ lane: "a" });
    two.tellFinished("b");
    await one.hears({ finished: "b" });
    expect(one.wakeups.isPushing).toBe(true);
    other.tell("end");
    expect(other.heard).toEqual([{ lane: "end" }]);
  });

  it("tell this process at once, and not again when the message comes back", async () => {
    const schema = temporarySchema();
    const one = await Handle.listening({ schema });
    const two = await Handle.listening({ schema });

    one.tell("a");
    expect(one.heard).toEqual([{ lane: "a" }]);
    await two.hears({ lane: "a" });
    two.tell("end");
    await one.hears({ lane: "end" });
    expect(one.heard).toEqual([{ lane: "a" }, { lane: "end" }]);
  });

  it("come in few messages, however much there is to tell", async () => {
    const schema = temporarySchema();
    const { messages, client } = await eavesdrop(schema);
    const one = await Handle.open({ schema });

    for (let i = 0; i < 1000; i++) one.tell(`lane-${i % 5}`);
    await one.wakeups.close();
    await client.query("SELECT 1");

    expect(messages).toMatchObject([{ lanes: ["lane-0"] }, { lanes: [1, 2, 3, 4, 0].map((i) => `lane-${i}`) }]);
  });

  it("ask to look everywhere when there are too many and too long names to list", async () => {
    const schema = temporarySchema();
    const one = await Handle.open({ schema });
    const two = await Handle.listening({ schema });

    one.tell(...Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(100, "-")));
    await two.hears({ resync: true });
    expect(two.heard).toEqual([{ resync: true }]);
  });

  it("come with the commit of a caller's transaction, to everybody, and not after a rollback", async () => {
    const schema = temporarySchema();
    const one = await Handle.listening({ schema });
    const two = await Handle.listening({ schema });
    const caller = await openClient();
    const notice = (lane: string) => {
      const { text, values } = one.wakeups.noticeFor(new Set([lane]), new Set([lane])) ?? { text: "", values: [] };
      return caller.query(text, [...values]);
    };

    await caller.query("BEGIN");
    expect((await notice("rolled-back")).rows).toEqual([{ answer: "null" }]);
    await caller.query("ROLLBACK; BEGIN");
    await notice("committed");
    await caller.query("COMMIT");

    for (const each of [one, two]) {
      await each.hears({ finished: "committed" });
      expect(each.heard).toEqual([{ lane: "committed" }, { finished: "committed" }]);
    }
    expect(one.wakeups.noticeFor(new Set(), new Set())).toBeUndefined();
  });

  it("go on after the connection was lost, and say that something may have been missed", async () => {
    const schema = temporarySchema();
    const client = await openClient();
    const [one, two] = [await Handle.open({ schema }), await Handle.listening({ schema })];

    for (const lane of ["a", "b"]) {
      two.forget();
      await client.query(cutOff, [`LISTEN "${schema}"`]);
      await two.hears({ resync: true });
      one.tell(lane);
      await two.hears({ lane });
    }
    expect(two.warnings).toEqual([]);
  });

  it("notice when the other side has fallen silent without a word", async () => {
    const schema = temporarySchema();
    const proxy = await Proxy.to(Number(new URL(await serverUrl()).port));
    const notify = { url: await changedUrl((url) => (url.port = String(proxy.port))) };
    const one = await Handle.open({ schema });
    const two = await Handle.listening({ schema, notify }, { pingMs: 20, deadlineMs: 200 });

    one.tell("a");
    await two.hears({ lane: "a" });
    proxy.freeze();
    await two.hears({ resync: true });
    one.tell("b");
    await two.hears({ lane: "b" });
    expect(two.warnings).toEqual([]);
  });

  it("tell a listener that was there before the connection that it is up now", async () => {
    const schema = temporarySchema();
    const client = await openClient();
    const one = await Handle.open({ schema });
    const two = await Handle.open({ schema, notify: { url: "postgres://nobody@127.0.0.1:1/none" } }, { retryMs: 5 });

    await two.listen();
    await until(() => expect(two.warnings).toHaveLength(1));
    expect(two.warnings[0]).toContain("ECONNREFUSED");
    two.tell("a");
    one.tell("b");
    expect(two.heard).toEqual([{ lane: "a" }]);
    expect(await listeners(client, schema)).toBe(0);
  });

  it("share one connection among listeners, keep it a while for the next, and let it go after the last", async () => {
    const schema = temporarySchema();
    const client = await openClient();
    const one = await Handle.open({ schema }, { lingerMs: 0 });
    expect(await listeners(client, schema)).toBe(0);

    const stops = await Promise.all(Array.from({ length: 5 }, () => one.wakeups.listen(() => {})));
    expect(await listeners(client, schema)).toBe(1);
    for (const stop of stops) stop();
    for (const stop of stops) stop();
    await until(async () => expect(await listeners(client, schema)).toBe(0));

    const two = await Handle.listening({ schema });
    two.stop();
    await two.listen();
    expect(await listeners(client, schema)).toBe(1);
    one.tell("a");
    await two.hears({ lane: "a" });
  });

  it("go to the other listeners when one throws", async () => {
    const one = await Handle.open({ schema: temporarySchema() });
    await one.wakeups.listen(() => {
      throw new Error("mine");
    });
    await one.listen();
    one.tell("a");
    expect(one.heard).toEqual([{ lane: "a" }]);
  });

  it("leave no connection behind when they are closed, whoever listens and whatever is under way", async () => {
    const schema = temporarySchema();
    const client = await openClient();
    const proxy = await Proxy.to(Number(new URL(await serverUrl()).port));
    const url = await changedUrl((changed) => (changed.port = String(proxy.port)));
    const one = await Handle.open({ schema, notify: { url } });
    const two = await Handle.listening({ schema, notify: { url } });
    const silent = await Handle.listening({ schema, notify: { url } });
    expect(proxy.size).toBe(2);

    const listening = one.listen();
    await Promise.all([one.wakeups.close(), two.wakeups.close(), two.wakeups.close()]);
    await listening;
    await until(() => expect(proxy.size).toBe(1));
    proxy.freeze();
    await silent.wakeups.close();
    two.tell("late");
    await two.listen();
    two.tell("late");

    expect(two.heard).toEqual([]);
    proxy.thaw();
    await until(() => expect(proxy.size).toBe(0));
    await until(async () => expect(await listeners(client, schema)).toBe(0));
  });

  it("keep no process alive", async () => {
    const program = fileURLToPath(new URL("listening-process.ts", import.meta.url));
    const child = spawn(process.execPath, [...process.execArgv, program, await serverUrl(), temporarySchema()], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (text: Buffer) => (said += text.toString()));

    expect(await once(child, "exit")).toEqual([0, null]);
    expect(said).toBe("heard\n");
  });

  it("listen as a given pool connects, also with a password that it hides", async () => {
    const schema = temporarySchema();
    const { hostname, port, username, password, pathname } = new URL(await serverUrl());
    const wish = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
    const pool = await openPool({ ...wish, connectionString: undefined, max: 1, application_name: "mine" });
    const one = await Handle.listening({ schema, pool });
    const two = await Handle.open({ schema });

    two.tell("a");
    await one.hears({ lane: "a" });
    expect(pool.totalCount).toBe(1);
  });

  it("stay in this process where `notify` is false", async () => {
    const schema = temporarySchema();
    const { messages, client } = await eavesdrop(schema);
    const one = await Handle.listening({ schema, notify: false });
    const two = await Handle.listening({ schema });

    one.tell("a");
    two.tell("b");
    await until(() => expect(messages).toHaveLength(1));
    await client.query("SELECT 1");

    expect(messages).toMatchObject([{ lanes: ["b"] }]);
    expect(one.heard).toEqual([{ lane: "a" }]);
    expect(one.wakeups.isPushing).toBe(false);
    expect(one.wakeups.noticeFor(new Set("a"), new Set())).toBeUndefined();
    expect(await listeners(client, schema)).toBe(1);
  });
});

describe.skipIf(noPgBouncer !== undefined)(`wake-ups behind PgBouncer${noPgBouncer ? ` (${noPgBouncer})` : ""}`, () => {
  it("are given up in transaction mode, with a word on what to do, while others are still told", async () => {
    const schema = temporarySchema();
    const one = await Handle.listening(
      { schema, url: await startPgBouncer("transaction"), prepare: false },
      { patienceMs: 300 },
    );
    const two = await Handle.listening({ schema });

    expect(one.wakeups.isPushing).toBe(false);
    expect(one.warnings).toHaveLength(1);
    expect(one.warnings[0]).toContain("`notify: { url }`");
    one.tell("a");
    await two.hears({ lane: "a" });
    expect(one.heard).toEqual([{ lane: "a" }]);
  });

  it("work in transaction mode with a direct connection for them", async () => {
    const schema = temporarySchema();
    const url = await startPgBouncer("transaction");
    const one = await Handle.listening({ schema, url, prepare: false, notify: { url: await serverUrl() } });
    const two = await Handle.open({ schema, url, prepare: false });

    two.tell("a");
    await one.hears({ lane: "a" });
    expect(one.wakeups.isPushing).toBe(true);
    expect(one.warnings).toEqual([]);
  });

  it("work in session mode", async () => {
    const schema = temporarySchema();
    const one = await Handle.listening({ schema, url: await startPgBouncer("session") });
    const two = await Handle.open({ schema });

    expect(one.wakeups.isPushing).toBe(true);
    two.tell("a");
    await one.hears({ lane: "a" });
  });

  it("are given up where the direct connection is none, once that is found out", async () => {
    const schema = temporarySchema();
    const notify = { url: await startPgBouncer("transaction") };
    const one = await Handle.listening({ schema, notify }, { patienceMs: 300 });

    await until(() => expect(one.warnings).toHaveLength(1));
    expect(one.wakeups.isPushing).toBe(false);
  });
});
