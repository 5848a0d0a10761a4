import { type Backend, type BackendTransactions, openQueue, type Queue } from "@anyqueue/api";
import { type backend, type PostgresAdapter, type PostgresTransaction } from "@anyqueue/adapter-postgres";
import type pg from "pg";
import { describe, expect, expectTypeOf, it } from "vitest";

/** What `in` of a queue takes. */
type Tx<Q> = Q extends { in(tx: infer T): unknown } ? T : "nothing";

describe("P5 a transaction", () => {
  it("is known from whatever opens a queue of this backend", () => {
    const fromUrl = () => openQueue("postgres://me@db/shop?schema=jobs");
    const fromEnvironment = () => openQueue("postgres:");
    const fromConfig = (pool: pg.Pool) => openQueue({ backend: "postgres", pool });
    const fromAdapter = (adapter: PostgresAdapter) => openQueue(adapter);
    expectTypeOf<Tx<Awaited<ReturnType<typeof fromUrl>>>>().toEqualTypeOf<PostgresTransaction>();
    expectTypeOf<Tx<Awaited<ReturnType<typeof fromEnvironment>>>>().toEqualTypeOf<PostgresTransaction>();
    expectTypeOf<Tx<Awaited<ReturnType<typeof fromConfig>>>>().toEqualTypeOf<PostgresTransaction>();
    expectTypeOf<Tx<Awaited<ReturnType<typeof fromAdapter>>>>().toEqualTypeOf<PostgresTransaction>();
    expectTypeOf<BackendTransactions["postgres"]>().toEqualTypeOf<PostgresTransaction>();
    expectTypeOf<typeof backend>().toEqualTypeOf<Backend<PostgresTransaction>>();
  });

  it("may be a client of pg, and may not be a pool, whose statements go to any connection", () => {
    expectTypeOf<pg.Client>().toExtend<PostgresTransaction>();
    expectTypeOf<pg.PoolClient>().toExtend<PostgresTransaction>();
    expectTypeOf<pg.Pool>().not.toExtend<PostgresTransaction>();
  });

  it("is given to a handler's `complete`", () => {
    const work = (queue: Awaited<ReturnType<typeof openPostgres>>, client: pg.PoolClient) =>
      queue.work({ "mail.send": async (_, context) => context.complete({ sent: true }, { tx: client }) });
    expectTypeOf(work).toBeFunction();
  });

  it("is refused by a backend that has none, when it is compiled and when it runs", async () => {
    await using queue = await openQueue("memory:");
    const client = {} as pg.Client;
    // @ts-expect-error -- A store in memory joins nobody's transaction.
    expect(() => queue.in(client)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    expectTypeOf<Tx<typeof queue>>().toBeNever();
    expectTypeOf<Tx<Queue>>().toBeNever();
  });
});

function openPostgres() {
  return openQueue("postgres:");
}
