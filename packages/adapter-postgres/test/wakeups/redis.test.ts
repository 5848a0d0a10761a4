import type { Redis } from "ioredis";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openClient, temporarySchema } from "../server.ts";
import { Handle, until } from "./open.ts";
import { Proxy } from "./proxy.ts";
import { noRedis, noRedisServer, RedisServer, redisUrl } from "./redis-server.ts";

// The first test waits for the Postgres server to start.
vi.setConfig({ testTimeout: 30_000 });

const quick = { retryMs: 5 };

/** A client of the test's own. */
async function openRedis(url: string): Promise<Redis> {
  const { Redis } = await import("ioredis");
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

it("wake-ups over Redis tell what to install where it is missing", async () => {
  vi.doMock("ioredis", () => {
    throw new Error("Cannot find package 'ioredis'");
  });
  onTestFinished(() => {
    vi.doUnmock("ioredis");
  });
  const opening = Handle.open({ schema: temporarySchema(), notify: { redis: "redis://127.0.0.1:1" } });
  await expect(opening).rejects.toMatchObject({
    code: "NOT_INSTALLED",
    message: expect.stringContaining("npm install ioredis") as unknown,
  });
});

describe.skipIf(noRedis !== undefined)(`wake-ups over Redis${noRedis ? ` (${noRedis})` : ""}`, () => {
  it("tell other handles of the store, and nobody else", async () => {
    const [schema, notify] = [temporarySchema(), { redis: await redisUrl() }];
    const [one, two, other] = [
      await Handle.listening({ schema, notify }),
      await Handle.listening({ schema, notify }),
      await Handle.listening({ schema: temporarySchema(), notify }),
    ];

    one.tell("a");
    expect(one.heard).toEqual([{ lane: "a" }]);
    await two.hears({ lane: "a" });
    two.tellFinished("b");
    await one.hears({ finished: "b" });
    other.tell("end");

    expect([one.heard, other.heard]).toEqual([[{ lane: "a" }, { finished: "b" }], [{ lane: "end" }]]);
    expect(one.wakeups.isPushing).toBe(true);
    expect(one.wakeups.noticeFor(new Set("a"), new Set())).toBeUndefined();
  });

  it("leave nothing in Redis, and nothing to Postgres", async () => {
    const [schema, redis] = [temporarySchema(), await redisUrl()];
    const [client, own] = [await openClient(), await openRedis(redis)];
    const heard: unknown[] = [];
    client.on("notification", (message) => heard.push(message));
    await client.query(`LISTEN "${schema}"`);
    const before = await own.dbsize();
    const [one, two] = [
      await Handle.open({ schema, notify: { redis } }),
      await Handle.listening({ schema, notify: { redis } }),
    ];

    one.tell("a");
    await two.hears({ lane: "a" });
    await client.query("SELECT 1");

    expect(await own.dbsize()).toBe(before);
    expect(heard).toEqual([]);
  });

  it("leave no connection behind when they are closed", async () => {
    const [schema, { port }] = [temporarySchema(), new URL(await redisUrl())];
    const proxy = await Proxy.to(Number(port || 6379));
    const notify = { redis: `redis://127.0.0.1:${proxy.port}` };
    const [one, silent] = [await Handle.listening({ schema, notify }), await Handle.listening({ schema, notify })];
    expect(proxy.size).toBe(4);

    const listening = one.listen();
    await one.wakeups.close();
    await listening;
    await until(() => expect(proxy.size).toBe(2));
    proxy.freeze();
    await silent.wakeups.close();
    proxy.thaw();
    await until(() => expect(proxy.size).toBe(0));
  });

  it("notice when the other side has fallen silent without a word", async () => {
    const [schema, { port }] = [temporarySchema(), new URL(await redisUrl())];
    const proxy = await Proxy.to(Number(port || 6379));
    const notify = { redis: `redis://127.0.0.1:${proxy.port}` };
    const one = await Handle.open({ schema, notify }, { pingMs: 20, deadlineMs: 200 });
    const two = await Handle.listening({ schema, notify }, { pingMs: 20, deadlineMs: 200 });

    proxy.freeze();
    await two.hears({ resync: true });
    await until(() => {
      one.tell("b");
      expect(two.heard).toContainEqual({ lane: "b" });
    });
  });
});

describe.skipIf(noRedisServer !== undefined)(
  `wake-ups over a Redis that goes away${noRedisServer ? ` (${noRedisServer})` : ""}`,
  () => {
    it("come again when it is back, and then say that something may have been missed", async () => {
      const [schema, server] = [temporarySchema(), await RedisServer.start()];
      const notify = { redis: server.url };
      const [one, two] = [
        await Handle.open({ schema, notify }, quick),
        await Handle.listening({ schema, notify }, quick),
      ];

      for (const round of ["a", "b"]) {
        await server.kill();
        for (let i = 0; i < 1000; i++) one.tell("lost");
        two.forget();
        await server.start();
        await two.hears({ resync: true });
        await until(() => {
          one.tell(round);
          expect(two.heard).toContainEqual({ lane: round });
        });
        expect(two.heard).not.toContainEqual({ lane: "lost" });
      }
    });

    it("do not keep a queue from opening or working while it is down, and warn of it once", async () => {
      const [schema, server] = [temporarySchema(), await RedisServer.reserve()];
      const notify = { redis: server.url };
      const one = await Handle.listening({ schema, notify }, quick);

      one.tell("a");
      expect(one.heard).toEqual([{ lane: "a" }]);
      await until(() => expect(one.warnings).toHaveLength(1));
      expect(one.warnings[0]).toContain("ECONNREFUSED");
      await server.start();
      await one.hears({ resync: true });
      expect(one.warnings).toHaveLength(1);
    });

    it("do not hold up opening and listening where it takes connections and says nothing", async () => {
      const [schema, server] = [temporarySchema(), await RedisServer.start()];
      const proxy = await Proxy.to(server.port);
      proxy.mute();
      const notify = { redis: `redis://127.0.0.1:${proxy.port}` };
      const one = await Handle.listening({ schema, notify }, { patienceMs: 20, deadlineMs: 100, retryMs: 5 });

      one.tell("a");
      expect(one.heard).toEqual([{ lane: "a" }]);
      await until(() => expect(one.warnings).toHaveLength(1));
    });

    it("say what is wrong when it refuses them", async () => {
      const [schema, server] = [temporarySchema(), await RedisServer.reserve()];
      await server.start("--requirepass", "secret");
      const wrong = `redis://:not-this@127.0.0.1:${server.port}`;
      const one = await Handle.listening({ schema, notify: { redis: wrong } }, quick);

      await until(() => expect(one.warnings).toHaveLength(1));
      expect(one.warnings[0]).toContain("WRONGPASS");
      expect(one.warnings[0]).not.toContain("not-this");
      const two = await Handle.listening({ schema, notify: { redis: `redis://:secret@127.0.0.1:${server.port}` } });
      two.tell("a");
      expect(two.heard).toEqual([{ lane: "a" }]);
    });
  },
);
