import { once } from "node:events";
import { join } from "node:path";
import { openQueue, type StreamedEvent } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { json, run, says, scratch, start } from "./cli.ts";

/** A job with a failed attempt, and another one with two notes. */
async function store(): Promise<{ url: string }> {
  const url = `sqlite:${join(await scratch(), "jobs.db")}`;
  await using queue = await openQueue(url);
  await queue.add("mail.send", 1, { id: "a" });
  const receipt = await queue.receive();
  await receipt?.fail(Object.assign(new Error("no\nanswer"), { code: "ETIMEDOUT\u001b[2J" }));
  const { id } = await queue.add("note", 1, { id: "b", delay: "1h" });
  await queue.append([1, 2].map((event) => ({ id, event: { n: event } })));
  return { url };
}

/** The lines of standard output as JSON. */
async function lines(args: readonly string[], at: { url: string }): Promise<StreamedEvent[]> {
  const { stdout } = await run([...args, "--json"], at);
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as StreamedEvent);
}

describe("anyqueue events", () => {
  it("tells the log of all jobs or of one, as text and as JSON lines, and goes on behind an event", async () => {
    const at = await store();
    const { stdout, stderr, code } = await run(["events"], at);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^\d{4}-.*Z {2}default:a {2}attempt 1 failed \[ETIMEDOUT\\u001b\[2J\]: no\\nanswer$/),
      expect.stringMatching(/^\d{4}-.*Z {2}default:b {2}\{"n":1\}$/),
      expect.stringMatching(/^\d{4}-.*Z {2}default:b {2}\{"n":2\}$/),
      "",
    ]);
    const cursor = /--after '(.*)'/.exec(stderr)?.[1] ?? "";
    expect(await run(["events", "--after", cursor], at)).toMatchObject({ stdout: "", stderr: "No events.\n" });
    const [failed, first] = await lines(["events"], at);
    expect(failed).toMatchObject({ id: "default:a", kind: "failed", error: { code: "ETIMEDOUT\u001b[2J" } });
    expect(await lines(["events", "--after", first?.cursor ?? ""], at)).toMatchObject([{ data: { n: 2 } }]);
    expect(await lines(["events", "--kind", "failed,inserted"], at)).toHaveLength(1);
    expect((await run(["events", "default:b"], at)).stdout).toMatch(/^\S+Z {2}\{"n":1\}\n\S+Z {2}\{"n":2\}\n$/);
  });

  it("refuses what is no job, no id, no kind and no cursor", async () => {
    const at = await store();
    expect(await json(["events", "default:none"], at)).toMatchObject({ error: { code: "MISSING" } });
    for (const args of [["nowhere"], ["--kind", "fail"], ["--after", "here"]]) {
      expect((await run(["events", ...args], at)).code).toBe(2);
    }
  });

  it("follows until a signal, and ends with its one job", async () => {
    const at = await store();
    const all = start(["events", "--follow", "--json"], at);
    await says(all, '"n":2');
    const one = start(["events", "default:b", "--follow"], at);
    await says(one, '"n":2');
    const heard = says(all, "last words");
    {
      await using queue = await openQueue(at.url);
      await queue.append([{ id: "default:b", event: "last words" }]);
      await queue.cancel("default:b");
    }
    const { code, stdout } = await one.ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining('"last words"')]);
    await heard;
    all.kill("SIGINT");
    expect((await all.ended).code).toBe(0);
  });

  it("ends quietly when nobody reads on", async () => {
    const at = await store();
    const child = start(["events", "--follow"], at);
    await says(child, "default:a");
    child.stdout?.destroy();
    const exit = once(child, "exit");
    await using queue = await openQueue(at.url);
    for (let n = 0; child.exitCode === null && n < 100; n++) {
      await queue.append([{ id: "default:b", event: n }]);
      await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
    expect(await child.ended).toMatchObject({ code: 0, stderr: "" });
  });
});
