import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Outbox } from "../../src/wakeups/outbox.ts";
import { TIMING } from "../../src/wakeups/timing.ts";

/** An outbox whose messages are kept, in a time that passes only when told to. */
function recording(publish: (text: string) => Promise<unknown> = async () => {}): { outbox: Outbox; sent: string[] } {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const sent: string[] = [];
  const outbox = new Outbox({
    sender: "me",
    publish: (text) => {
      sent.push(text);
      return publish(text);
    },
    timing: TIMING,
  });
  return { outbox, sent };
}

describe("Outbox", () => {
  it("sends at once what is told after a pause, and what is told soon after in one later message", async () => {
    const { outbox, sent } = recording();

    outbox.add(["a"], []);
    expect(sent).toEqual(['{"s":"me","l":["a"]}']);
    for (let i = 0; i < 1000; i++) outbox.add([`b${i % 3}`], ["c"]);
    await vi.advanceTimersByTimeAsync(4);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent.slice(1)).toEqual(['{"s":"me","l":["b0","b1","b2"],"f":["c"]}']);

    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toHaveLength(2);
    outbox.add([], ["d"]);
    expect(sent.slice(2)).toEqual(['{"s":"me","f":["d"]}']);
  });

  it("never has two messages on their way, and goes easy on a way that is slow", async () => {
    const arrivals: (() => void)[] = [];
    const { outbox, sent } = recording(() => new Promise<void>((resolve) => arrivals.push(resolve)));

    outbox.add(["a"], []);
    outbox.add(["b"], []);
    await vi.advanceTimersByTimeAsync(20);
    expect(sent).toHaveLength(1);
    arrivals[0]?.();
    await vi.advanceTimersByTimeAsync(99);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
  });

  it("says nothing when it has nothing to say", () => {
    const { outbox, sent } = recording();
    outbox.add([], []);
    expect(sent).toEqual([]);
  });

  it("lists no more lanes than a message holds", async () => {
    const { outbox, sent } = recording();
    outbox.add(["a"], []);
    for (let i = 0; i < 5000; i++) outbox.add([`lane-${i}`], []);
    await vi.advanceTimersByTimeAsync(10);
    expect(sent.slice(1)).toEqual(['{"s":"me","r":1}']);
  });

  it("makes up with the next message for one that was lost, and sends none for that alone", async () => {
    let isDown = true;
    const { outbox, sent } = recording(() => (isDown ? Promise.reject(new Error("down")) : Promise.resolve()));

    outbox.add(["a"], []);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toHaveLength(1);
    isDown = false;
    outbox.add(["b"], []);
    await vi.advanceTimersByTimeAsync(10);
    outbox.add(["c"], []);
    expect(sent.slice(1)).toEqual(['{"s":"me","r":1}', '{"s":"me","l":["c"]}']);
  });

  it("sends the rest without a pause when it is flushed", async () => {
    const { outbox, sent } = recording();
    outbox.add(["a"], []);
    outbox.add(["b"], []);
    await outbox.flush();
    expect(sent).toEqual(['{"s":"me","l":["a"]}', '{"s":"me","l":["b"]}']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toHaveLength(2);
    await outbox.flush();
    expect(sent).toHaveLength(2);
  });
});
