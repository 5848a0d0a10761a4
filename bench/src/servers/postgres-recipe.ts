import { existsSync } from "node:fs";
import { appendFile, chown, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recipe } from "./recipe.ts";
import { systemUser } from "./system-user.ts";

export const postgresRecipe: Recipe = {
  end: "SIGQUIT",
  user: systemUser,
  prepare: async ({ folder, port, password, programs, user, run }) => {
    const secret = join(folder, "password");
    await writeFile(secret, password);
    if (user) for (const path of [folder, secret]) await chown(path, user.uid, user.gid);
    const account = ["--username=anyqueue", "--auth=scram-sha-256", `--pwfile=${secret}`];
    const data = join(folder, "data");
    await run("initdb", ["-D", data, ...account, "--encoding=UTF8", "--locale=C", "--no-sync"]);
    // Not on the command line, whose settings could not be changed while the server runs.
    await appendFile(join(data, "postgresql.conf"), settings(port, programs));
  },
  command: ({ folder }) => ["postgres", ["-D", join(folder, "data")]],
};

/** Durable, as a server in production is; roomy enough that checkpoints do not fall into a measurement. */
function settings(port: number, programs: string): string {
  const countsStatements = ["lib", "lib/postgresql"].some((lib) =>
    existsSync(join(programs, "..", lib, "pg_stat_statements.so")),
  );
  const values: Readonly<Record<string, string | number>> = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "on",
    synchronous_commit: "on",
    shared_buffers: "512MB",
    max_wal_size: "4GB",
    checkpoint_timeout: "30min",
    max_connections: 800,
    // Tells those who count that they may change its settings.
    "anyqueue_bench.is_ours": "yes",
    // Switched on only while statements are counted, since counting costs a little; with room for those of every store.
    ...(countsStatements && {
      shared_preload_libraries: "pg_stat_statements",
      "pg_stat_statements.track": "none",
      "pg_stat_statements.max": 50_000,
    }),
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join("");
}
