import { readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isReplaced, writeInOneStep } from "../src/bench/output-file.ts";
import { scratch } from "./cli.ts";

it("replaces a file in one step, also behind a symbolic link", async () => {
  const folder = await scratch();
  const [file, link] = ["a.json", "link.json"].map((name) => join(folder, name)) as [string, string];
  writeInOneStep(file, "1");
  await symlink(file, link);
  writeInOneStep(link, "2");
  expect(await readFile(file, "utf8")).toBe("2");
  expect(await readlink(link)).toBe(file);
  expect(await readdir(folder)).toEqual(["a.json", "link.json"]);
});

it.skipIf(process.platform === "win32")("tells a device, to which is added, from a file", async () => {
  const file = join(await scratch(), "a.json");
  expect([isReplaced(file), isReplaced("/dev/null")]).toEqual([true, false]);
  await writeFile(file, "");
  expect(isReplaced(file)).toBe(true);
  writeInOneStep("/dev/null", "1");
});

it("says which file could not be written", async () => {
  const file = join(await scratch(), "nowhere", "a.json");
  expect(() => writeInOneStep(file, "1")).toThrow(expect.objectContaining({ code: "NOT_WRITTEN" }));
  expect(() => writeInOneStep(file, "1")).toThrow(`${file} cannot be written`);
});
