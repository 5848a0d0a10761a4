import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import pg from "pg";
import { expect, it } from "vitest";
import { openConnection } from "./connections.ts";
import { OwnServer } from "./own-server.ts";

it("a server of one's own keeps what was committed when it is stopped or crashes", async () => {
  await using server = await OwnServer.start();
  const pool = new pg.Pool({ connectionString: server.url });
  pool.on("error", () => undefined);
  await pool.query("CREATE TABLE t AS SELECT 1 AS a");
  await server.restart();
  await pool.query("INSERT INTO t VALUES (2)");
  await server.restart("immediate");
  const connection = await openConnection({ url: server.url });
  expect(await connection.query("SELECT a FROM t ORDER BY a")).toEqual([[1], [2]]);
  await pool.end();
});

it("a server of one's own is gone, with its files, when the process that started it is killed", async () => {
  const program = `import { OwnServer } from ${JSON.stringify(new URL("own-server.ts", import.meta.url).href)};
    const { url, data } = await OwnServer.start();
    process.send({ url, data });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [{ url, data }] = (await once(child, "message")) as [{ url: string; data: string }];
  expect(existsSync(data)).toBe(true);
  child.kill("SIGKILL");
  await expect.poll(() => existsSync(data)).toBe(false);
  await expect(new pg.Client({ connectionString: url }).connect()).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
