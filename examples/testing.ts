// Testing code that adds jobs, and the jobs themselves: the clock stands still until the test moves it.
import assert from "node:assert/strict";
import { type Catalog, type Handlers, type Queue, UnrecoverableError } from "anyqueue";
import { openTestQueue } from "anyqueue/testing";

// What is to be tested: an application that welcomes those who sign up, and looks after them a week later.
async function signUp(queue: Queue, email: string): Promise<void> {
  await queue.add("mail.welcome", { email }, { lane: "mails" });
  await queue.add("mail.howIsIt", { email }, { lane: "mails", delay: "7d" });
}
const outbox: string[] = [];
const handlers: Handlers<Catalog> = {
  "mail.welcome": (job, { spawn }) => {
    const { email } = job.payload as { email: string };
    if (!email.includes("@")) throw new UnrecoverableError(`${email} is no address`);
    if (job.attempt === 1) throw new Error("the mail server is not there");
    outbox.push(`welcome ${email}`);
    spawn("stats.count", { what: "welcome" });
  },
  "mail.howIsIt": (job) => void outbox.push(`how is it, ${(job.payload as { email: string }).email}?`),
};

await using queue = await openTestQueue({ now: new Date("2026-03-01T12:00:00Z") });

// What was added? Only what matters has to be named.
await signUp(queue, "ada@example.org");
await queue.expectAdded("mail.welcome", { email: "ada@example.org" }, { lane: "mails", times: 1 });
await queue.expectAdded("mail.howIsIt", undefined, { delay: "7d" });
await queue.expectNotAdded("stats.count");

// Run what is due now. The first attempt fails, and its retry is not due yet.
const [attempt] = await queue.runUntilIdle(handlers);
assert.equal(attempt?.outcome, "retried");
assert.deepEqual(outbox, []);

// Skip the time between: the retry a second later, the mail a week later.
const ran = await queue.runUntilIdle(handlers, { advance: true });
assert.deepEqual(
  ran.map(({ type, outcome, at }) => [type, outcome, new Date(at).toISOString().slice(0, 19)]),
  [
    ["mail.welcome", "completed", "2026-03-01T12:00:01"],
    ["mail.howIsIt", "completed", "2026-03-08T12:00:00"],
  ],
);
assert.deepEqual(outbox, ["welcome ada@example.org", "how is it, ada@example.org?"]);
await queue.expectAdded("stats.count", { what: "welcome" });

// Or move the clock by hand.
await queue.add("mail.howIsIt", { email: "bob@example.org" }, { delay: "1h" });
queue.clock.advance("59m");
assert.equal((await queue.runUntilIdle(handlers)).length, 0);
queue.clock.advance("1m");
assert.equal((await queue.runUntilIdle(handlers)).length, 1);
console.log(outbox);
