import { expect, it } from "vitest";
import { endProcesses, startProcess } from "../src/processes/children.ts";
import { Fleet } from "../src/processes/fleet.ts";
import { reply } from "../src/processes/reply.ts";
import { programBeside } from "../src/program-beside.ts";
import { onStore } from "../src/subject.ts";
import { subjectNamed } from "../src/subjects/index.ts";
import { Tally } from "../src/tally.ts";

const subject = subjectNamed("anyqueue sqlite NORMAL");

it("drains by several processes, each job once", async () => {
  await onStore(subject, async (session) => {
    await session.addMany(300);
    const tally = new Tally();
    const { ms } = await Fleet.use(subject, session.address ?? "", 2, (fleet) => fleet.drain(tally, 100));
    tally.check(300);
    expect(ms).toBeGreaterThan(0);
  });
});

it("says that a process has ended, and answers no later order for it", async () => {
  await onStore(subject, async ({ address = "" }) => {
    const used = Fleet.use(subject, address, 1, async (fleet) => {
      await fleet.stop();
      await fleet.drain(new Tally());
    });
    await expect(used).rejects.toThrow("A process ended by itself (exit code 0).");
  });
});

it("says that a process was killed while nobody asked anything of it", async () => {
  await onStore(subject, async ({ address = "" }) => {
    const used = Fleet.use(subject, address, 2, async (fleet) => {
      await endProcesses();
      await fleet.drain(new Tally());
    });
    await expect(used).rejects.toThrow("A process ended by itself (SIGKILL).");
  });
});

it("says that a process was killed, not what followed from it", async () => {
  await onStore(subject, async ({ address = "" }) => {
    const lost = Fleet.use(subject, address, 1, async () => {
      await endProcesses();
      throw new Error("a job was lost");
    });
    await expect(lost).rejects.toThrow("A process ended by itself (SIGKILL).");
    const unnoticed = Fleet.use(subject, address, 1, () => endProcesses());
    await expect(unnoticed).rejects.toThrow("A process ended by itself (SIGKILL).");
  });
});

it.skipIf(process.platform === "win32")("keeps Ctrl-C from processes, in a group of their own", async () => {
  const child = startProcess(programBeside("programs/waits", import.meta.url), []);
  await reply(child);
  expect(() => process.kill(-(child.pid ?? Number.NaN), 0)).not.toThrow();
  await endProcesses();
});
