import { describe, expect, it } from "vitest";
import { changedUrl, openConnection, openPool, telling } from "../connections.ts";
import { serverUrl } from "../server.ts";
import { Proxy } from "../wakeups/proxy.ts";

const BOUND_MS = 300;

describe("a server that was cut off without a word", () => {
  it.each(["pool of our own", "given pool"])("is given up after `query_timeout`, and asked anew (%s)", async (kind) => {
    const proxy = await Proxy.to(Number(new URL(await serverUrl()).port));
    const url = await changedUrl((it) => {
      it.port = String(proxy.port);
      it.searchParams.set("query_timeout", String(BOUND_MS));
    });
    const connection = await openConnection(
      kind === "given pool" ? { pool: await openPool({ connectionString: url }) } : { url },
    );
    proxy.freeze();
    await expect(connection.query("SELECT 1")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: telling("not known whether the call took effect"),
    });
    expect(await connection.query("SELECT 1")).toEqual([[1]]);
  });

  it("is not taken for one that carries out a migration, however long", async () => {
    const url = await changedUrl((it) => it.searchParams.set("query_timeout", "50"));
    const connection = await openConnection({ url });
    const rows = connection.transaction((session) => session.query("SELECT 1 FROM pg_sleep(0.2)"));
    expect(await rows).toEqual([[1]]);
    await expect(connection.query("SELECT 1 FROM pg_sleep(9)")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
