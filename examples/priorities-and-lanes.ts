// Priorities order jobs within a lane. Lanes keep whole classes of work apart: give each class of consumer its own.
import { openQueue } from "anyqueue";

await using queue = await openQueue("memory:");

// Lower numbers run first; four of them have names. Among equals, the one that fell due first.
await queue.addMany([
  { type: "mail.send", payload: "newsletter", options: { priority: "low" } },
  { type: "mail.send", payload: "receipt" },
  { type: "mail.send", payload: "password reset", options: { priority: "urgent" } },
  { type: "mail.send", payload: "reminder", options: { priority: 300 } },
]);
for (let i = 0; i < 300; i++) await queue.add("film.render", i, { lane: "media" });

const order: string[] = [];
const first: string[] = [];
const worker = queue.work(
  {
    "mail.send": (job) => void order.push(job.payload as string),
    "film.render": (job) => void (first.length < 40 && first.push(job.lane)),
    "thumb.make": (job) => void (first.length < 40 && first.push(job.lane)),
  },
  // Three places of four go to `media` while both have work; neither can starve the other, and none is left idle.
  { lanes: { media: 3, thumbs: 1, default: 1 }, concurrency: 1, prefetch: 0 },
);
await queue.addMany(
  Array.from({ length: 300 }, (_, i) => ({ type: "thumb.make", payload: i, options: { lane: "thumbs" } })),
);
await worker.idle();

console.log(order);
const media = first.filter((lane) => lane === "media").length;
console.log(`of the first ${first.length} media jobs and thumbs, ${media} were media`);

// A pause holds in every process, and keeps nobody from adding.
await queue.pause("thumbs");
await queue.add("thumb.make", 301, { lane: "thumbs" });
await worker.idle();
console.log((await queue.lanes()).find(({ lane }) => lane === "thumbs")?.counts);

await queue.resume("thumbs");
await worker.idle();
console.log((await queue.lanes()).find(({ lane }) => lane === "thumbs")?.counts);
