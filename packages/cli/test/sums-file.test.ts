import { execFile } from "node:child_process";
import { lstatSync } from "node:fs";
import { lstat, mkdir, open, readdir, readFile, readlink, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { writeSums } from "../src/demo/sums-file.ts";
import { targetOf } from "../src/demo/target.ts";
import { describeFailure } from "../src/failure.ts";
import { run, scratch } from "./cli.ts";

const sh = promisify(execFile);
const SHA256 = "0".repeat(64);
const SUMS = [{ path: Buffer.from("file"), sha256: SHA256 }];
const TEXT = `${SHA256}  file\n`;

async function write(out: string): Promise<void> {
  await writeSums(await targetOf(out), SUMS);
}

/** A device like one in `/dev`, but in a folder of the test's own; undefined where that is not allowed. */
async function device(minor: number): Promise<string | undefined> {
  const path = join(await scratch(), "device");
  try {
    await sh("mknod", [path, "c", "1", String(minor)]);
    await (await open(path, "r")).close();
    return path;
  } catch {
    return undefined;
  }
}

describe("the file of sums", () => {
  it.each(["new", "old"])("replaces what the last of several links names: a %s file", async (name) => {
    const folder = await realpath(await scratch());
    await mkdir(join(folder, "sums"));
    await writeFile(join(folder, "sums", "old"), "before");
    await symlink(`sums/${name}`, join(folder, "second"));
    await symlink("second", join(folder, "first"));
    await write(join(folder, "first"));
    expect(await readFile(join(folder, "sums", name), "utf8")).toBe(TEXT);
    expect(await readlink(join(folder, "first"))).toBe("second");
    expect(await readlink(join(folder, "second"))).toBe(`sums/${name}`);
    expect(new Set(await readdir(join(folder, "sums")))).toEqual(new Set(["old", name]));
  });

  it("goes into a pipe, also through a link, and both stay what they are", async () => {
    const folder = await scratch();
    const pipe = join(folder, "pipe");
    const link = join(folder, "link");
    await sh("mkfifo", [pipe]);
    await symlink("pipe", link);
    const [{ stdout }] = await Promise.all([sh("cat", [pipe]), write(link)]);
    expect(stdout).toBe(TEXT);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it("goes to a device, which stays one, and a device that is full is told", async ({ skip }) => {
    const nothing = await device(3);
    const full = await device(7);
    if (nothing === undefined || full === undefined) return skip("Devices cannot be made here.");
    await write(nothing);
    const failure = describeFailure(await write(full).catch((error: unknown) => error));
    expect(failure).toMatchObject({ code: "NOT_WRITTEN", exitCode: 1 });
    expect(failure.message).toContain(`The sums cannot be written to ${full}: ENOSPC`);
    for (const path of [nothing, full]) expect((await lstat(path)).isCharacterDevice()).toBe(true);
  });

  it("goes where standard output goes, before the report", async () => {
    const folder = await scratch();
    const link = join(folder, "link");
    const file = join(folder, "output");
    await mkdir(join(folder, "files"));
    await writeFile(join(folder, "files", "a"), "");
    await symlink("/proc/self/fd/1", link);
    const args = ["demo", "--dir", join(folder, "files"), "--out", link, "--backend", "memory:"];
    expect((await run(args)).stdout).toMatch(/^[0-9a-f]{64} {2}a\njobs /);
    await run(args, { stdout: file });
    expect(await readFile(file, "utf8")).toMatch(/^[0-9a-f]{64} {2}a\njobs /);
    expect(await readlink(link)).toBe("/proc/self/fd/1");
  });

  it.each([
    ["folder", "is a folder; name a file"],
    ["to-folder", "is a folder; name a file"],
    ["to-nowhere", "there is no folder"],
    ["loop", "cannot be written: ELOOP"],
  ])("is refused beforehand as %s", async (name, sentence) => {
    const folder = await scratch();
    await mkdir(join(folder, "folder"));
    await symlink("folder", join(folder, "to-folder"));
    await symlink("nowhere/file", join(folder, "to-nowhere"));
    await symlink("loop", join(folder, "loop"));
    const failure = describeFailure(await targetOf(join(folder, name)).catch((error: unknown) => error));
    expect(failure).toMatchObject({ message: expect.stringContaining(sentence) as string, exitCode: 2 });
  });
});
