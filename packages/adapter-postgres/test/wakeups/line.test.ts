import { describe, expect, it, onTestFinished } from "vitest";
import { Line, type Link } from "../../src/wakeups/line.ts";
import { TIMING, type Timing } from "../../src/wakeups/timing.ts";
import { until } from "./open.ts";

/** The other side of a line, as its test wants it to be. */
class Side {
  /** What comes of the next attempts to connect; after these, connections. */
  readonly refusals: (Error | "silence")[] = [];
  answersPings = true;
  attempts = 0;
  pings = 0;
  open = 0;
  ups = 0;
  readonly troubles: unknown[] = [];
  #lose: (reason: unknown) => void = () => {};

  line(timing: Partial<Timing> = {}): Line<Link> {
    const line = new Line<Link>({
      connect: (signal) => this.#connect(signal),
      onUp: () => void this.ups++,
      onTrouble: (error) => this.troubles.push(error),
      timing: { ...TIMING, retryMs: 1, ...timing },
    });
    onTestFinished(() => line.stop());
    return line;
  }

  /** Loses the connection. */
  lose(): void {
    this.#lose(new Error("lost"));
  }

  async #connect(signal: AbortSignal): Promise<Link> {
    this.attempts++;
    const refusal = this.refusals.shift();
    if (refusal === "silence") await new Promise((_, reject) => signal.addEventListener("abort", reject));
    if (refusal instanceof Error) throw refusal;
    const { promise: gone, resolve: lose } = Promise.withResolvers<unknown>();
    this.#lose = lose;
    this.open++;
    const heardAt = performance.now();
    return {
      gone,
      heardAt,
      ping: () => {
        this.pings++;
        return new Promise((resolve) => this.answersPings && setImmediate(resolve));
      },
      end: async () => {
        this.open--;
        lose(undefined);
      },
    };
  }
}

describe("Line", () => {
  it("asks a silent other side again and again, and leaves the connection alone while that answers", async () => {
    const side = new Side();
    side.line({ pingMs: 0 });
    await until(() => expect(side.pings).toBeGreaterThan(50));
    expect(side.attempts).toBe(1);
  });

  it("asks nothing where something was heard not long ago", async () => {
    const side = new Side();
    const line = side.line();
    await line.tried;
    await new Promise(setImmediate);
    expect(side.pings).toBe(0);
  });

  it("ends the connection to one who gives no answer, and connects again", async () => {
    const side = new Side();
    side.answersPings = false;
    side.line({ pingMs: 0, deadlineMs: 5 });
    await until(() => expect(side.ups).toBeGreaterThan(2));
    expect(side.open).toBeLessThanOrEqual(1);
  });

  it("connects again each time the connection is lost", async () => {
    const side = new Side();
    const line = side.line();
    for (const round of [1, 2, 3]) {
      await until(() => expect(side.ups).toBe(round));
      expect(line.link).toBeDefined();
      side.lose();
      await until(() => expect(side.attempts).toBe(round + 1));
    }
  });

  it("tells of trouble once, and not of what is soon over", async () => {
    const side = new Side();
    const down = new Error("down");
    side.refusals.push(down, down);
    const line = side.line();
    await line.tried;
    expect(line.link).toBeUndefined();
    await until(() => expect(side.ups).toBe(1));
    expect(side.troubles).toEqual([]);

    const worse = new Side();
    worse.refusals.push(...Array.from({ length: 7 }, () => down));
    worse.line();
    await until(() => expect(worse.ups).toBe(1));
    worse.lose();
    await until(() => expect(worse.ups).toBe(2));
    expect(worse.troubles).toEqual([down]);
  });

  it("gives up an attempt that comes to nothing within the deadline", async () => {
    const side = new Side();
    side.refusals.push("silence");
    const line = side.line({ deadlineMs: 5 });
    await line.tried;
    await until(() => expect(side.ups).toBe(1));
  });

  it("stops soon, whatever it is doing, and leaves no connection", async () => {
    const [connecting, resting, up, asking] = [new Side(), new Side(), new Side(), new Side()];
    connecting.refusals.push("silence");
    resting.refusals.push(new Error("down"));
    asking.answersPings = false;
    const far = { retryMs: 1_000_000 };
    const lines = [connecting.line(), resting.line(far), up.line(), asking.line({ pingMs: 0 })];
    await Promise.all(lines.slice(1).map((line) => line.tried));
    await until(() => expect(asking.pings).toBe(1));

    await Promise.all(lines.map((line) => line.stop()));

    expect([connecting, resting, up, asking].map((side) => [side.open, side.attempts])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(lines.map((line) => line.link)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
