// Without a worker: take one job, decide yourself what becomes of it. For shell scripts, lambdas, pull APIs and tests.
import { openQueue } from "anyqueue";

await using queue = await openQueue("memory:");

console.log(await queue.receive()); // Nothing there, and not asked to wait: null at once.

setTimeout(() => void queue.add("mail.send", { to: "ada@example.com" }), 50);
const receipt = await queue.receive({ wait: "10s", lease: "1m", holder: "me" });
if (!receipt) throw new Error("no job came");

// Nobody renews this lease but you. If you do not come back, the job is somebody else's when it ends.
console.log("renewed:", (await receipt.renew("2m")).status);

// A failed attempt: recorded, and due again after the job's backoff.
console.log("failed:", (await receipt.fail(new Error("mailbox is full"))).status);

// The lease ended with that, so nothing more can be done with this receipt.
console.log("completed too late:", (await receipt.complete()).status);

const job = await queue.get(receipt.job.id);
console.log(`${job?.state}, attempt ${job?.attempt} of ${job?.maxAttempts}: ${job?.error?.message}`);

await queue.add("mail.send", { to: "bob@example.com" });
const second = await queue.receive({ types: ["mail.*"] });
console.log("handed back:", (await second?.release())?.status); // Uncharged and in its old place.
const again = await queue.receive();
console.log("attempt", again?.job.attempt, "completed:", (await again?.complete({ sent: true }))?.status);
