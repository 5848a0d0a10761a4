import type { BackendTransactions } from "@anyqueue/api";
import type {} from "@anyqueue/adapter-sqlite";
import type { Database } from "better-sqlite3";
import { expectTypeOf, it } from "vitest";

it("tells `openQueue` what a transaction of this backend is", () => {
  expectTypeOf<BackendTransactions["sqlite"]>().toEqualTypeOf<Database>();
});
