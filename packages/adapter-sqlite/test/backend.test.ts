import { backend } from "@anyqueue/adapter-sqlite";
import { Check } from "typebox/value";
import { expect, it } from "vitest";

it.each([
  ["jobs.db", {}, { path: "jobs.db" }],
  ["/var/lib/jobs.db", {}, { path: "/var/lib/jobs.db" }],
  ["///var/lib/jobs.db", {}, { path: "/var/lib/jobs.db" }],
  ["my%20jobs.db", {}, { path: "my jobs.db" }],
  [":memory:", {}, { path: ":memory:" }],
  ["jobs.db", { durability: "normal" }, { path: "jobs.db", durability: "normal" }],
])("reads the address %s with the query %j", (address, query, options) => {
  const read = backend.fromUrl(address, query as Record<string, string>);
  expect(read).toEqual(options);
  expect(Check(backend.options, read)).toBe(true);
});

it("refuses options that it does not have", () => {
  expect(Check(backend.options, { path: "jobs.db", durability: "maybe" })).toBe(false);
  expect(Check(backend.options, { path: "jobs.db", fast: true })).toBe(false);
  expect(Check(backend.options, {})).toBe(false);
});
