import { postgres, type PostgresAdapter } from "@anyqueue/adapter-postgres";
import pg from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { OwnServer } from "../own-server.ts";
import { job } from "../stores.ts";

const ROUNDS = 6;

describe("a server that crashes", () => {
  let server: OwnServer;

  beforeAll(async () => {
    // What is not flushed by a commit stays in memory, and is lost in the crash.
    server = await OwnServer.start({ settings: { fsync: "on", full_page_writes: "on", wal_writer_delay: "10s" } });
    return () => server.dispose();
  });

  it.for(["page", "pages"] as const)(
    "P23 hides no event from who follows the store (%s), though transaction ids that he knew as finished are given again",
    async (way) => {
      const limit = way === "page" ? 10 : 1;
      let after: string | undefined;
      const found: unknown[] = [];
      const follow = async (store: PostgresAdapter) => {
        for (;;) {
          const page = await store.events({ limit, ...(after !== undefined && { after }) });
          after = page.after;
          for (const event of page.items) found.push(event.kind === "user" ? event.data : event.kind);
          if (page.items.length < limit) return;
        }
      };
      await using first = await open(server, way);
      await first.store.insert([job("1")]);
      for (let round = 0; round < ROUNDS; round++) {
        await using session = await open(server, way);
        await session.store.append([{ id: "default:1", event: [round, "first"] }]);
        await follow(session.store);
        await session.store.append([{ id: "default:1", event: [round, "second"] }]);
        await takeIds(server, 50);
        await follow(session.store);
        await server.restart("immediate");
        await using next = await open(server, way);
        await next.store.append([{ id: "default:1", event: [round, "third"] }]);
        await follow(next.store);
      }
      expect(found).toEqual(
        Array.from({ length: ROUNDS }, (_, round) => ["first", "second", "third"].map((name) => [round, name])).flat(),
      );
    },
  );
});

async function open(server: OwnServer, schema: string) {
  const store = postgres({ url: server.url, schema, connections: 2, notify: false });
  await store.open();
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

/** Transactions whose commits do not wait for the disk, as those of NOTIFY are. */
async function takeIds(server: OwnServer, count: number): Promise<void> {
  const client = new pg.Client(server.url);
  await client.connect();
  for (let n = 0; n < count; n++) await client.query("SELECT pg_notify('elsewhere', '')");
  await client.end();
}
