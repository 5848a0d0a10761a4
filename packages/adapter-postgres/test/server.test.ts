import { expect, it } from "vitest";
import { openClient } from "./server.ts";

it("gives tests a server", async () => {
  const client = await openClient();
  const { rows } = await client.query<{ v: string }>("SELECT version() v");
  expect(rows[0]?.v).toContain("PostgreSQL");
});
