import { expect, it } from "vitest";
import { accountsOf } from "../src/processes/connection-clients.ts";
import { subjectNamed } from "../src/subjects/index.ts";
import { onStore } from "../src/subject.ts";

const running = (): number => process.getActiveResourcesInfo().filter((what) => what === "ProcessWrap").length;

it("leaves no process behind when one of them dies", async () => {
  const name = "anyqueue sqlite NORMAL";
  const before = running();
  await onStore(subjectNamed(name), async ({ address = "" }) => {
    const client = { subject: name, address, process: 0, connections: 2, seconds: 3600 };
    const accounts = accountsOf([client, { ...client, process: 1, subject: "nobody's queue" }]);
    await expect(accounts).rejects.toThrow("A process ended by itself (exit code 1).");
    // Node lets go of a process that has ended a turn later.
    await expect.poll(running).toBe(before);
  });
});
