import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recipe } from "./recipe.ts";

/**
 * As queues on Redis ask for in production: an append-only file that is synced every second, nothing evicted.
 * See https://docs.bullmq.io/guide/going-to-production.
 */
export const redisRecipe: Recipe = {
  end: "SIGKILL",
  // In a file, since others see the command line, and the password in it.
  prepare: ({ folder, port, password }) =>
    writeFile(
      join(folder, "redis.conf"),
      [
        `port ${port}`,
        "bind 127.0.0.1",
        `requirepass ${password}`,
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
        `dir "${folder}"`,
      ].join("\n"),
      { mode: 0o600 },
    ),
  command: ({ folder }) => ["redis-server", [join(folder, "redis.conf")]],
};
