import { type ChildProcess, fork } from "node:child_process";
import { on } from "node:events";
import { type Job, openQueue, type Queue } from "@anyqueue/api";
import { describe, expect, it, onTestFinished } from "vitest";
import { serverUrl, temporarySchema } from "../server.ts";

describe("a worker whose process is stopped beyond its lease", () => {
  it("P13 P14 P15 comes too late when it goes on: its job was completed once, by another", async () => {
    const [url, schema] = [await serverUrl(), temporarySchema()];
    const queue: Queue = await openQueue({ backend: "postgres", url, schema });
    onTestFinished(() => queue.close());
    const stopped = await Stopped.start(url, schema);
    const { id } = await queue.add("mail.send", null, { backoff: { type: "fixed", delay: 0 } });
    const { started } = await stopped.hears("started");

    stopped.process.kill("SIGSTOP");
    const worker = queue.work({ "**": () => "in time" }, { interval: "100ms" });
    const completed = await new Promise<Job>((resolve) => worker.once("completed", resolve));
    expect(completed).toMatchObject({ id, attempt: 2 });
    expect(completed.token).toBeGreaterThan(started as number);
    const settled = await queue.get(id);
    expect(settled).toMatchObject({ state: "completed", result: "in time", attempt: 2 });

    stopped.process.send("finish");
    stopped.process.kill("SIGCONT");
    const { token } = completed;
    expect(await stopped.hears("outcome")).toMatchObject({ outcome: { status: "stale", state: "completed", token } });
    expect(await stopped.hears("end")).toEqual({ end: "lost" });
    expect(await queue.get(id)).toEqual(settled);
    const { items } = await queue.eventPage({ id, limit: 9 });
    expect(items).toMatchObject([{ kind: "failed", error: { code: "LEASE_ENDED", attempt: 1 } }]);
  });
});

/** A process that works, and what it tells. */
class Stopped {
  readonly process: ChildProcess;
  readonly #messages: AsyncIterator<[Record<string, unknown>]>;

  static async start(url: string, schema: string): Promise<Stopped> {
    const process = fork(new URL("./stopped-worker.ts", import.meta.url), [url, schema]);
    // A process that is stopped ends for nothing less.
    onTestFinished(() => void process.kill("SIGKILL"));
    const stopped = new Stopped(process);
    await stopped.hears("ready");
    return stopped;
  }

  private constructor(process: ChildProcess) {
    this.process = process;
    this.#messages = on(process, "message", { close: ["exit"] }) as AsyncIterator<[Record<string, unknown>]>;
  }

  /** The next message that tells this. */
  async hears(what: string): Promise<Record<string, unknown>> {
    for (;;) {
      const next = await this.#messages.next();
      if (next.done === true) throw new Error(`The process ended before it told \`${what}\`.`);
      const [message] = next.value;
      if (what in message) return message;
    }
  }
}
