import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { streamSource } from "../src/add/source.ts";
import { jobsIn, json, run, scratch } from "./cli.ts";
import { refusal } from "./refusal.ts";

async function store(): Promise<{ url: string; folder: string }> {
  const folder = await scratch();
  return { url: `sqlite:${join(folder, "jobs.db")}`, folder };
}

describe("add", () => {
  it("adds a job with its options and prints its id", async () => {
    const { url } = await store();
    const options = [
      "--lane",
      "mail",
      "--priority",
      "high",
      "--delay",
      "5m",
      "--id",
      "a",
      "--max-attempts",
      "7",
      "--group",
      "g",
    ];
    const { code, stdout } = await run(["add", "mail.send", '{"to":"ada"}', ...options], { url });
    expect(stdout).toBe("mail:a\n");
    expect(code).toBe(0);
    expect((await jobsIn(url))[0]).toMatchObject({
      priority: 256,
      maxAttempts: 7,
      group: "g",
      payload: { to: "ada" },
      state: "waiting",
    });
  });

  it("adds the same id once", async () => {
    const { url } = await store();
    expect(await json(["add", "a", "1", "--id", "x"], { url })).toEqual({ id: "default:x", status: "added" });
    expect(await json(["add", "a", "2", "--id", "x"], { url })).toEqual({
      id: "default:x",
      status: "existing",
      by: "id",
    });
  });

  it("adds a payload per line when the type is named, from a file or from standard input", async () => {
    const { url, folder } = await store();
    const file = join(folder, "payloads.jsonl");
    await writeFile(file, '\ufeff1\r\n\n{"text":"\u2028"}');
    expect(await json(["add", "n", "--file", file], { url })).toMatchObject({ added: 2, refused: 0 });
    expect(await json(["add", "n", "-"], { url, input: "null\n[]\n" })).toMatchObject({ added: 2 });
    const jobs = await jobsIn(url);
    expect(jobs.map(({ payload }) => payload)).toEqual([1, { text: "\u2028" }, null, []]);
  });

  it("adds a whole job per line when no type is named", async () => {
    const { url } = await store();
    const input = '{"type":"a","payload":1,"lane":"own"}\n{"type":"b"}\n';
    expect(await json(["add", "-", "--lane", "theirs"], { url, input })).toMatchObject({ added: 2 });
    const jobs = await jobsIn(url);
    expect(jobs.map(({ type, lane, payload }) => [type, lane, payload])).toEqual([
      ["a", "own", 1],
      ["b", "theirs", null],
    ]);
  });

  const bad = Buffer.concat([
    Buffer.from('{"type":"a"}\nnope\n{"type":"a","lnae":"x"}\n[1]\n{"payload":1}\n'),
    Buffer.from([0xff, 0x0a]),
    Buffer.from('{"type":"a","priority":-1}\n'),
  ]);

  it("tells number and reason of each bad line, and adds none of the others", async () => {
    const { url } = await store();
    const { code, stderr } = await run(["add", "-"], { url, input: bad });
    expect(stderr).toContain("line 2: It is not JSON");
    expect(stderr).toContain("line 3: Cannot add a a job: `lnae` is not an option. Did you mean `lane`?");
    expect(stderr).toContain("line 4: It is no object");
    expect(stderr).toContain("line 5: It has no `type`");
    expect(stderr).toContain("line 6: It is not valid UTF-8");
    expect(stderr).toContain("line 7: ");
    expect(code).toBe(1);
    expect(await jobsIn(url)).toEqual([]);
  });

  it("adds the good lines when told to skip the bad ones", async () => {
    const { url } = await store();
    const { code, stdout } = await run(["add", "-", "--skip-bad", "--json"], { url, input: bad });
    expect(JSON.parse(stdout)).toMatchObject({ added: 1, existing: 0, refused: 6 });
    expect(code).toBe(1);
  });

  it("adds tens of thousands of lines in one go", async () => {
    const { url } = await store();
    const input = Array.from({ length: 30_000 }, (_, i) => `{"n":${i}}`).join("\n");
    expect(await json(["add", "n", "-"], { url, input })).toMatchObject({ added: 30_000, refused: 0 });
  });

  it("keeps what it read from standard input in a file without a name, so that nothing is ever left of it", async () => {
    const folder = await scratch();
    vi.stubEnv("TMPDIR", folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    await using source = await streamSource(Readable.from([Buffer.from("1\n"), Buffer.from("2\n")]));
    for (const _reading of ["checking", "adding"]) {
      expect(await text(source.read())).toBe("1\n2\n");
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it("checks payloads against the job types of the configuration", async () => {
    const { url, folder } = await store();
    const config = {
      jobs: { "mail.send": { payload: { type: "object", required: ["to"], properties: { to: { type: "string" } } } } },
    };
    await writeFile(join(folder, "anyqueue.config.json"), JSON.stringify(config));
    const { code, stderr } = await run(["add", "mail.send", '{"to":7}'], { url, cwd: folder });
    expect(stderr).toContain("to");
    expect(code).toBe(2);
    expect((await run(["add", "mail.sent", "{}"], { url, cwd: folder })).stderr).toContain("Did you mean `mail.send`?");
  });

  it.each([
    [["add", "a", "{bad"], "The payload is not JSON"],
    [["add"], "Name the job's type"],
    [["add", "a", "1", "--priority", "hihg"], "urgent, high, normal, low"],
    [["add", "a", "1", "--file", "x"], "not both"],
    [["add", "a", "--file", "/does/not/exist"], "There is no file"],
    [["add", "a", "--file", "/"], "is a folder"],
    [["add", "a", "-", "--id", "x"], "--id names one job"],
  ])("refuses %j as wrong usage", async (args, sentence) => {
    const { url } = await store();
    expect(await refusal([...args, "--backend", url])).toMatchObject({
      message: expect.stringContaining(sentence) as string,
      exitCode: 2,
    });
  });
});
