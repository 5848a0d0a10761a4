import { expect, it } from "vitest";
import { openConnection } from "./settings.ts";

it("reads numbers, booleans and null as such, and everything else as text", async () => {
  const connection = await openConnection();
  const rows = await connection.query(
    `SELECT 1::int2, 2::int4, 3::int8, 0.5::float8, true, false, null, '{"a":1}'::json, '{"a":1}'::jsonb, now()::date, 12.50`,
  );
  expect(rows).toEqual([
    [1, 2, 3, 0.5, true, false, null, '{"a":1}', '{"a": 1}', expect.stringMatching(/^\d{4}-/), "12.50"],
  ]);
});
