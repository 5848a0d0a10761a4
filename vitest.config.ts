import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Makes every workspace package resolve to its TypeScript source, so that tests need no build. */
const sourceCondition = "@anyqueue/source";

export default defineConfig({
  ssr: { resolve: { conditions: [sourceCondition, "module", "node", "development|production"] } },
  test: {
    // Costs nothing until a test asks for a Postgres server.
    globalSetup: ["packages/adapter-postgres/test/global-setup.ts"],
    // Most of the time goes into waiting: for disks, servers and other processes. The default leaves a core idle.
    maxWorkers: availableParallelism() + 1,
    // Time is nowhere measured. These end what hangs, and a test that starts servers and processes may have to wait for
    // its turn on a busy machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    include: ["packages/*/test/**/*.test.ts", "bench/test/**/*.test.ts"],
    // The same random cases each time, so that red speaks of the change; `npm run soak` looks for what they miss.
    env: { ANYQUEUE_CONFORMANCE_SEED: process.env["ANYQUEUE_CONFORMANCE_SEED"] ?? "1" },
    // For what a test itself starts: child processes and worker threads resolve to source too.
    execArgv: [`--conditions=${sourceCondition}`],
  },
});
