import { type ChildProcess, execFile, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import "../src/backends.ts";
import { type JobEvent, openQueue, type Queue, scheduledFor } from "@anyqueue/api";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { EmbeddedServer } from "../src/demo/embedded-server.ts";
import { scratch } from "./cli.ts";

let server: EmbeddedServer | undefined;
afterAll(() => server?.stop());

const URLS: Readonly<Record<string, () => Promise<string>>> = {
  SQLite: async () => `sqlite:${join(await scratch(), "jobs.db")}`,
  async Postgres() {
    server ??= await EmbeddedServer.start();
    return `${server.url}?schema=t_${randomUUID().slice(0, 8)}`;
  },
};

/** How many processes run at a time, and how many are killed. */
const PROCESSES = 5;
const KILLS = 10;

describe.each(Object.keys(URLS))("schedules on %s", (name) => {
  it("are made, changed, paused, ended, begun again and removed", async () => {
    await using queue: Queue = await openQueue((await URLS[name]?.()) ?? "");
    const yearly = { cron: "0 0 1 1 *", tz: "Europe/Berlin" };
    const made = await queue.schedule("new year", yearly, "fireworks", { loud: true });
    expect(await queue.schedule("new year", yearly, "fireworks", { loud: true })).toEqual(made);
    expect(await queue.pauseSchedule("new year")).toMatchObject({ paused: true, next: null });
    expect(await queue.resumeSchedule("new year")).toEqual(made);
    const over = { ...yearly, end: new Date("2020-01-01") };
    expect(await queue.schedule("new year", over, "fireworks", null)).toMatchObject({ payload: null, next: null });
    expect(await queue.schedule("new year", yearly, "fireworks", { loud: true })).toEqual(made);
    expect([await queue.schedules(), await queue.list()]).toEqual([[made], { items: [] }]);
    expect([await queue.unschedule("new year"), await queue.schedules()]).toEqual([true, []]);
  });

  it("add exactly one job per tick while five processes are killed and started at random", async () => {
    const url = (await URLS[name]?.()) ?? "";
    await using queue: Queue = await openQueue(url);
    await queue.configure("beats", { history: "all" });
    const crew = new Crew(url);
    await Promise.all(Array.from({ length: PROCESSES }, () => once(crew.start(), "message")));
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(150 * Math.random());
      crew.killOne();
      crew.start();
    }
    await crew.killOneThatTicks();
    await untilTicked(queue, Date.now());
    await queue.pauseSchedule("pulse");

    const jobs = (await queue.list({ lanes: ["beats"], limit: 10_000 })).items;
    const ticks = jobs.map((job) => scheduledFor(job) ?? 0);
    const [first = 0] = ticks;
    expect(ticks.length).toBeGreaterThan(KILLS);
    expect(ticks).toEqual(ticks.map((_, n) => first + n * 100));
    expect(await queue.schedules()).toMatchObject([{ last: { at: ticks.at(-1), job: jobs.at(-1)?.id } }]);
    const inserted = (await eventsOf(queue)).filter(({ id }) => id.startsWith("beats:")).map(({ id }) => id);
    expect(inserted.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
  });
});

it("schedules keep no process alive whose workers have stopped", async () => {
  const program = `
    import { openQueue } from "@anyqueue/api";
    const queue = await openQueue("memory:");
    await queue.schedule("nightly", { cron: "0 3 * * *" }, "report.build", null);
    await queue.work({ "report.build": () => undefined }).stop();
    console.log("stopped");`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@anyqueue/source", "--input-type=module", "--eval", program],
    { cwd: fileURLToPath(new URL("..", import.meta.url)) },
  );
  expect(stdout).toBe("stopped\n");
});

/** Processes that come and go. */
class Crew {
  readonly #url: string;
  readonly #members: ChildProcess[] = [];

  constructor(url: string) {
    this.#url = url;
    onTestFinished(() => this.#members.forEach((member) => member.kill("SIGKILL")));
  }

  start(): ChildProcess {
    const member = fork(new URL("./beating-process.ts", import.meta.url), [this.#url]);
    this.#members.push(member);
    return member;
  }

  killOne(): void {
    const [member] = this.#members.splice(Math.floor(Math.random() * this.#members.length), 1);
    member?.kill("SIGKILL");
  }

  /** Kills the first that says it is in the midst of a tick, just then. */
  async killOneThatTicks(): Promise<void> {
    const ticking = await Promise.race(this.#members.map((member) => saysTicking(member)));
    ticking.kill("SIGKILL");
  }
}

async function saysTicking(member: ChildProcess): Promise<ChildProcess> {
  for (;;) {
    const [word] = (await once(member, "message")) as [string];
    if (word === "ticking") return member;
  }
}

/** Resolves when something is decided about every tick up to that time, those also that a killed process had in its hands. */
async function untilTicked(queue: Queue, time: number): Promise<void> {
  for (;;) {
    const [schedule] = await queue.schedules();
    if ((schedule?.next ?? 0) > time) return;
    await sleep(100);
  }
}

async function eventsOf(queue: Queue): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for (let after: string | undefined; ;) {
    const page = await queue.eventPage({
      kinds: ["inserted"],
      limit: 10_000,
      ...(after !== undefined && { after }),
    });
    if (page.items.length === 0) return events;
    events.push(...page.items);
    after = page.after;
  }
}
