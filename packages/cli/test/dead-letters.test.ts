import { join } from "node:path";
import { openQueue } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { addTo, jobsIn, json, run, scratch, start } from "./cli.ts";
import { refusal } from "./refusal.ts";

/** Three jobs of lane mail that failed twice each. */
async function store(): Promise<{ url: string }> {
  const url = `sqlite:${join(await scratch(), "jobs.db")}`;
  await using queue = await openQueue(url);
  for (const [n, id] of ["a", "b", "c"].entries()) {
    await queue.add("mail.send", { n }, { id, lane: "mail", maxAttempts: 2, backoff: { type: "fixed", delay: 0 } });
    for (const attempt of [1, 2]) {
      const receipt = await queue.receive({ lanes: ["mail"] });
      await receipt?.fail(Object.assign(new Error(`no answer ${attempt}`), { code: "ETIMEDOUT" }));
    }
  }
  return { url };
}

describe("dead letters", () => {
  it("show when each attempt failed, with message and code, and where on request", async () => {
    const at = await store();
    const { stdout } = await run(["show", "mail:a"], at);
    const line = (n: number): string =>
      `  \\d{4}-[\\dT:.-]+Z \\(.+\\)  attempt ${n} failed \\[ETIMEDOUT\\]: no answer ${n}\\n`;
    expect(stdout).toMatch(new RegExp(`\\n\\nfailed attempts\\n${line(1)}${line(2)}$`));
    expect((await run(["show", "mail:a", "--stack"], at)).stdout).toMatch(
      /no answer 1\n {6}at .*dead-letters\.test\.ts/,
    );
    expect(await json(["show", "mail:a"], at)).toMatchObject({
      job: { id: "mail:a" },
      dependencies: [],
      attempts: [
        { attempt: 1, message: "no answer 1", code: "ETIMEDOUT" },
        { attempt: 2, message: "no answer 2" },
      ],
      events: [{ kind: "failed" }, { kind: "failed" }],
    });
  });

  it("are retried by query, after a look at how many, at a pace", async () => {
    const at = await store();
    const where = ["--where", '{"payload.n":{"gte":1}}'];
    expect((await run(["retry", ...where, "--preview"], at)).stdout).toBe("Would retry 2 jobs.\n");
    expect((await jobsIn(at.url)).map(({ state }) => state)).toEqual(["failed", "failed", "failed"]);
    expect((await run(["retry", ...where, "--rate", "1/h"], at)).stdout).toBe(
      "Retried 2 jobs, the last one due in 1h.\n",
    );
    expect((await run(["list", "--state", "delayed"], at)).stdout).toMatch(/mail:c .* due in (1h|59m)/);
    expect(await json(["retry", "--lane", "mail", "--preview"], at)).toEqual({ wouldRetry: 1 });
  });

  it("are moved to another lane, by id or by query, after a look at how many", async () => {
    const at = await store();
    expect(await json(["move", "--lane", "mail", "--to", "slow", "--preview"], at)).toEqual({ wouldMove: 3 });
    expect(await run(["move", "mail:a", "mail:nope", "--to", "slow"], at)).toMatchObject({
      code: 1,
      stdout: "mail:a waits in lane slow\nmail:nope does not exist\n",
    });
    expect((await run(["move", "slow:a", "--to", "mail"], at)).stdout).toContain("has not ended");
    await addTo(at.url, { type: "x", payload: null, options: { id: "c", lane: "slow" } });
    expect((await run(["move", "--lane", "mail", "--to", "slow", "--rate", "10/m"], at)).stdout).toBe(
      "Moved 1 job to slow. 1 stayed; see whether lane slow has jobs with their local ids or unique keys.\n",
    );
    expect((await run(["move", "mail:c", "--to", "slow"], at)).stdout).toContain("stays where it is");
    expect((await jobsIn(at.url)).map(({ id, state }) => `${id} ${state}`).toSorted()).toEqual([
      "mail:c failed",
      "slow:a waiting",
      "slow:b waiting",
      "slow:c waiting",
    ]);
  });

  it("that stay when they are retried, because another job holds their key, are told", async () => {
    const at = { url: `sqlite:${join(await scratch(), "jobs.db")}` };
    await using queue = await openQueue(at.url);
    const once = { unique: true, maxAttempts: 1 } as const;
    const { id } = await queue.add("a", 1, once);
    await (await queue.receive())?.fail(new Error("no"));
    await queue.add("a", 1, once);
    expect(await run(["retry", id], at)).toMatchObject({
      code: 1,
      stdout: `${id} stays as it is, since another job holds its unique key by now, or since a move of it was cut short\n`,
    });
  });

  it("of a misspelt lane or state are none, which is told with the names there are", async () => {
    const at = await store();
    expect(await run(["retry", "--lane", "mial"], at)).toEqual({
      code: 0,
      stdout: "Retried 0 jobs.\n",
      stderr: "No such lane: mial. There are default, mail.\n",
    });
    expect(await run(["list", "--state", "faild"], at)).toEqual({
      code: 0,
      stdout: "No jobs.\n",
      stderr:
        "No state of AnyQueue's: faild. Those are waiting, delayed, blocked, active, completed, failed, cancelled.\n",
    });
    expect((await run(["cancel", "--lane", "mial", "--preview"], at)).stderr).toContain("No such lane: mial.");
    expect((await run(["cancel", "--lane", "mial"], at)).stderr).toContain("No such lane: mial.");
    expect((await run(["move", "--lane", "mial", "--to", "slow"], at)).stderr).toContain("No such lane: mial.");
    expect((await run(["list", "--lane", "mial", "--json"], at)).stderr).toBe("");
  });
});

describe("a job among others", () => {
  it("is listed and shown with its keys and with what it waits for", async () => {
    const at = { url: `sqlite:${join(await scratch(), "jobs.db")}` };
    await addTo(at.url, {
      type: "a",
      payload: 1,
      options: { id: "a", unique: { key: "k", until: { window: "10m" } } },
    });
    expect((await run(["list"], at)).stdout).toMatch(/^id +type +state +priority +attempt +when +unique key +error\n/);
    const options = {
      dependsOn: ["default:a"],
      orderingKey: "ada",
      keep: { completed: "1h" },
      timeout: "30s",
    } as const;
    await addTo(
      at.url,
      { type: "b", payload: 1, options: { id: "one", ...options } },
      { type: "b", payload: 1, options: { id: "two", dependsOn: ["default:a", "default:z"], onParent: "release" } },
    );
    const { stdout } = await run(["list", "--state", "blocked"], at);
    expect(stdout).toMatch(/^id .* when +ordering key +error\n.*default:one .* blocked .* after default:a +ada\n/);
    const shown = (await run(["show", "default:one"], at)).stdout;
    expect(shown).toMatch(/^state +blocked\nwhen +after default:a$/m);
    expect(shown).toMatch(/^timeout +30s\nordering key +ada\nkeep +completed=1h\ndepends on +default:a \(waiting\)$/m);
    expect(shown).toMatch(/^on parent +cancel: if one does not complete, this one is cancelled$/m);
    expect((await run(["show", "default:two"], at)).stdout).toContain("goes on all the same");
    expect((await run(["show", "default:a"], at)).stdout).toMatch(/^unique key +a:k \(for 10m after it was added\)$/m);
    expect(await json(["show", "default:one"], at)).toMatchObject({
      dependencies: [{ id: "default:a", state: "waiting" }],
    });
  });
});

describe("result", () => {
  it("waits for the end of a job and prints what it returned", async () => {
    const at = { url: `sqlite:${join(await scratch(), "jobs.db")}` };
    await using queue = await openQueue(at.url);
    await queue.add("a", null, { id: "a" });
    const waiting = start(["result", "default:a", "--timeout", "30s"], at);
    await (await queue.receive())?.complete({ pages: [1, "\u2028"] });
    expect(await waiting.ended).toEqual({ code: 0, stdout: '{"pages":[1,"\\u2028"]}\n', stderr: "" });
    expect(await json(["result", "default:a"], at)).toEqual({ id: "default:a", result: { pages: [1, "\u2028"] } });
    await queue.add("a", null, { id: "void" });
    await (await queue.receive())?.complete();
    expect(await run(["result", "default:void"], at)).toEqual({
      code: 0,
      stdout: "",
      stderr: "It has completed and returned nothing.\n",
    });
    expect(await json(["result", "default:void"], at)).toEqual({ id: "default:void" });
  });

  it("fails with the job's error on one line, when there is no such job, or when it takes too long", async () => {
    const at = await store();
    await using queue = await openQueue(at.url);
    await queue.add("a", null, { id: "x", maxAttempts: 1 });
    const wait = (id: string) => refusal(["result", id, "--timeout", "0", "--backend", at.url]);
    expect(await wait("default:x")).toMatchObject({ code: "TIMEOUT", exitCode: 1 });
    await (await queue.receive())?.fail(new Error("\u001b[31mred\nalert"));
    expect(await wait("default:x")).toMatchObject({ code: "JOB_FAILED", exitCode: 1 });
    expect((await run(["result", "default:x"], at)).stderr).toBe(
      "anyqueue: Job default:x is failed after 1 of 1 attempts: \\u001b[31mred\\nalert\n",
    );
    const missing = await wait("default:nope");
    expect(missing).toMatchObject({ code: "MISSING", exitCode: 1 });
    expect(missing.message).toContain("anyqueue lanes set default --keep completed=1d");
  });

  it("stops waiting at Ctrl-C", async () => {
    const at = { url: `sqlite:${join(await scratch(), "jobs.db")}` };
    await addTo(at.url, { type: "a", payload: null, options: { id: "a" } });
    const waiting = start(["result", "default:a"], { ...at, nodeOptions: ["--import", SAYS_WHEN_IT_LISTENS] });
    await new Promise<void>((resolve) => waiting.stderr?.once("data", () => resolve()));
    waiting.kill("SIGINT");
    expect(await waiting.ended).toMatchObject({ code: 130, stdout: "" });
  });
});

/** Says so once the command hears signals, so that none is sent too early. */
const SAYS_WHEN_IT_LISTENS = `data:text/javascript,${encodeURIComponent(
  'process.on("newListener", (name) => name === "SIGINT" && setImmediate(() => console.error("listening")));',
)}`;
