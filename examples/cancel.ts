// Cancelling: at once where nobody works on a job, by request where somebody does.
import { setTimeout as sleep } from "node:timers/promises";
import { openQueue } from "anyqueue";

await using queue = await openQueue("memory:");

const worker = queue.work(
  {
    // Whatever takes long should be given the signal. The lease's renewal brings the news, so a short lease brings it soon.
    "film.render": async (_job, ctx) => {
      await sleep(60_000, undefined, { signal: ctx.signal });
    },
  },
  { concurrency: 1, lease: "300ms" },
);

const film = { group: "film-7" };
const first = await queue.add("film.render", { scene: 1 }, film);
const second = await queue.add("film.render", { scene: 2 }, film);
const third = await queue.add("film.render", { scene: 3 }, film);

while ((await queue.get(first.id))?.state !== "active") await sleep(5);

console.log(await queue.cancel(third.id)); // "cancelled": nobody held it.
console.log(await queue.cancel({ group: "film-7" })); // One was waiting, one is being worked on.
console.log(await queue.cancel(second.id)); // "finished": there is nothing left to cancel.

const cancelled = new Promise((resolve) => worker.once("cancelled", resolve));
await cancelled;
console.log((await queue.get(first.id))?.state);
