import { runConformance } from "@anyqueue/conformance";
import { afterAll, describe, it } from "vitest";
import { fixtureOf } from "./fixture.ts";
import { serverUrl } from "./server.ts";
import { noPgBouncer, PgBouncer } from "./wakeups/pgbouncer.ts";

/** Fewer than the handles of many a case have together, so that they have to share. */
const CONNECTIONS = 5;

/** What hints have a part in. To find out that LISTEN is of no use takes a second for each handle, too long for all cases. */
const HINTED = /\b(P24|P5|S90)\b/;
const isWhole = process.env["ANYQUEUE_TEST_STORMS"] !== undefined;
const definerOf = (title: string) => (isWhole || HINTED.test(title) ? it : undefined);

const pooler = noPgBouncer === undefined ? await PgBouncer.start("transaction", CONNECTIONS) : undefined;
afterAll(() => pooler?.stop());
const wish = { prepare: false, ...(pooler && { url: pooler.url }) };
const hearing = await fixtureOf("postgres", { ...wish, notify: { url: await serverUrl() } });
const deaf = await fixtureOf("postgres, where it hears nothing,", { ...wish, notify: true });

describe.skipIf(pooler === undefined)(`behind PgBouncer${noPgBouncer ? ` (${noPgBouncer})` : ""}`, () => {
  runConformance(hearing, { describe, it }, { time: "5s" });
  runConformance(
    deaf,
    { describe, it: (title, run, timeoutMs) => definerOf(title)?.(title, run, timeoutMs) },
    { time: "5s" },
  );
});
