import { expect, it } from "vitest";
import { Fleet } from "../src/processes/fleet.ts";
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
    await expect(used).rejects.toThrow("A worker process ended by itself.");
  });
});
