import { beforeAll, describe, expect, it } from "vitest";
import { OwnServer } from "../own-server.ts";
import { Load, STORMS } from "./load.ts";

describe("a server that crashes in the middle of the load", () => {
  let server: OwnServer;

  beforeAll(async () => {
    // As in production, so that what it acknowledged is what it finds after a crash.
    server = await OwnServer.start({ settings: { fsync: "on", full_page_writes: "on" } });
    return () => server.dispose();
  });

  it.for(["immediate", "fast"] as const)(
    "P1 P3 P6 P15 and starts again (%s) has lost nothing that it acknowledged",
    { timeout: 60_000 * (1 + STORMS) },
    async (mode, { annotate }) => {
      const report = await Load.during({ url: server.url, schema: mode, jobs: 500 * STORMS }, async (load) => {
        for (let n = 0; n < 2 * STORMS; n++) {
          await load.progress(100);
          await server.restart(mode);
        }
        await load.progress(1);
      });
      await annotate(JSON.stringify(report));
      expect(report.complaints).toEqual([]);
    },
  );
});
