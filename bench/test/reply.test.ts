import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { startProcess } from "../src/processes/children.ts";
import { reply } from "../src/processes/reply.ts";
import { programBeside } from "../src/program-beside.ts";

/** A process of which nothing more is to be read than what the test says, in that order. */
function ended() {
  return Object.assign(new EventEmitter(), { connected: true, exitCode: 0, signalCode: null });
}

it("hears what a process said last, also when its end is known before", async () => {
  const child = ended();
  const heard = reply(child as unknown as ChildProcess);
  child.emit("exit", 0);
  child.emit("message", "the sum");
  expect(await heard).toBe("the sum");
  expect(child.eventNames()).toEqual([]);
});

it("waits no longer when the channel of a process that ended is closed", async () => {
  const child = ended();
  const heard = reply(child as unknown as ChildProcess);
  child.emit("exit", 0);
  child.connected = false;
  child.emit("disconnect");
  await expect(heard).rejects.toThrow("A process ended by itself (exit code 0).");
});

it("says how a process ended that said nothing", async () => {
  const child = startProcess(programBeside("programs/waits", import.meta.url), []);
  const heard = reply(child, () => false);
  child.kill("SIGKILL");
  await expect(heard).rejects.toThrow("A process ended by itself (SIGKILL).");
  await expect(reply(child)).rejects.toThrow("A process ended by itself (SIGKILL).");
});
