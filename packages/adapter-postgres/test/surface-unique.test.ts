import { beforeEach, describe, expect, it } from "vitest";
import { Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

describe("P17 a unique key", () => {
  it("S21 is held by one job, whose id is the answer, whoever asks and in whatever way", async () => {
    const queue = await surface.queue();
    const id = await surface.enqueue("'mail.send', '1', unique_key => 'ada'");
    expect(await surface.enqueue("'mail.send', '2', unique_key => 'ada'")).toBe(id);
    expect(await queue.add("mail.send", 3, { unique: { key: "ada" } })).toMatchObject({ id, status: "existing" });
    expect(await surface.enqueue("'mail.read', unique_key => 'ada'")).not.toBe(id);
    expect(await surface.enqueue("'mail.send', unique_key => 'ada', lane => 'other'")).not.toBe(id);
    expect(
      await surface.bulk([
        { type: "mail.send", id: "own", unique_key: "ada" },
        { type: "mail.send", id: "bob", unique_key: "bob" },
        { type: "mail.send", id: "too", unique_key: "bob" },
      ]),
    ).toEqual([
      { place: 1, status: "existing", id },
      { place: 2, status: "added", id: "default:bob" },
      { place: 3, status: "existing", id: "default:bob" },
    ]);
    expect(await surface.column("SELECT payload FROM anyqueue.jobs WHERE unique_key = 'mail.send:ada'")).toEqual([
      1,
      null,
    ]);
  });

  it("is stored as TypeScript stores it, however strange it is", async () => {
    const queue = await surface.queue();
    const keys = [
      "a",
      "#",
      "#x",
      "a:b",
      "x".repeat(253),
      "x".repeat(254),
      "x".repeat(5000),
      "é😀",
      "😀".repeat(126),
      "a\nb",
      '"\\',
      "\u007f",
    ];
    const types = ["t", "a:b", "y".repeat(255), "y".repeat(200), "😀".repeat(110), `${"y".repeat(209)}😀y`];
    for (const type of types) {
      for (const key of keys) {
        const { id } = await queue.add(type, null, { unique: { key } });
        const same = await surface.value("SELECT anyqueue.enqueue($1, unique_key => $2)", [type, key]);
        expect([type, key, same]).toEqual([type, key, id]);
      }
    }
  });

  it("is held until the job has finished, until it has started, or for a time", async () => {
    const finished = await surface.enqueue("'t', unique_key => 'a'");
    const started = await surface.enqueue("'t', unique_key => 'b', unique_until => 'started'");
    const timed = await surface.enqueue("'t', unique_key => 'c', unique_until => '10 min'");
    const jobs = await surface.claim("n => 3");
    expect(await surface.enqueue("'t', unique_key => 'a'")).toBe(finished);
    expect(await surface.enqueue("'t', unique_key => 'b', unique_until => 'started'")).not.toBe(started);
    for (const job of jobs) await surface.settle("complete($1, $2)", job);
    expect(await surface.enqueue("'t', unique_key => 'a'")).not.toBe(finished);
    expect(await surface.enqueue("'t', unique_key => 'c'")).toBe(timed);
    await surface.rows("UPDATE anyqueue.history SET inserted_at = inserted_at - 600000");
    expect(await surface.enqueue("'t', unique_key => 'c'")).not.toBe(timed);
  });

  it("stops all with all_or_none", async () => {
    const id = await surface.enqueue("'t', unique_key => 'a'");
    expect(
      await surface.bulk(
        [
          { type: "t", id: "1" },
          { type: "t", id: "2", unique_key: "a" },
        ],
        true,
      ),
    ).toEqual([
      { place: 1, status: "skipped", id: "default:1" },
      { place: 2, status: "existing", id },
    ]);
    expect(await surface.value("SELECT count(*) FROM anyqueue.jobs")).toBe(1);
  });

  it("that another job took meanwhile does not keep a failed one from going back, without the key", async () => {
    const queue = await surface.queue();
    const add = "'t', unique_key => 'a', unique_until => 'started'";
    const first = await surface.enqueue(add);
    const [job] = await surface.claim();
    const second = await surface.enqueue(add);
    expect(second).not.toBe(first);
    expect(await surface.settle("fail($1, $2, 'boom', retry_in => '0 s')", job)).toMatchObject({
      status: "ok",
      state: "waiting",
    });
    const back = await queue.get(first);
    expect(back).toMatchObject({ state: "waiting", attempt: 1, error: { message: "boom" } });
    expect(back).not.toHaveProperty("unique");
    expect(await surface.enqueue(add)).toBe(second);
  });

  it("P15 that another job took meanwhile does not keep one from being rescued", async () => {
    const add = `'t', unique_key => 'a', unique_until => 'started', backoff => '{"type": "fixed", "delay": 0}'`;
    const first = await surface.enqueue(add);
    await surface.claim();
    const second = await surface.enqueue(add);
    await surface.endLeases();
    // A session looks for ended leases about once a second, so another one does.
    const rescuer = await surface.another();
    const ids = await rescuer.column(
      "SELECT id FROM anyqueue.claim(n => 9) UNION SELECT id FROM anyqueue.claim(n => 9)",
    );
    expect(new Set(ids)).toEqual(new Set([first, second]));
    expect(await surface.column("SELECT unique_key FROM anyqueue.jobs ORDER BY seq")).toEqual([null, "t:a"]);
  });

  it("P15 that somebody is just adding to holds up neither a claim nor the rescue of other jobs", async () => {
    const again = `backoff => '{"type": "fixed", "delay": 0}'`;
    const keyed = await surface.enqueue(`'t', unique_key => 'a', unique_until => 'started', ${again}`);
    const plain = await surface.enqueue(`'t', ${again}`);
    await surface.claim("n => 2");
    await surface.endLeases();
    const stranger = await surface.another();
    await stranger.rows("BEGIN");
    const added = await stranger.value("SELECT anyqueue.enqueue('t', unique_key => 'a')");
    const rescuer = await surface.another();
    await rescuer.rows("SET lock_timeout = '2 s'");
    expect(await rescuer.column("SELECT id FROM anyqueue.claim(n => 9)")).toEqual([plain]);
    await stranger.rows("COMMIT");
    await surface.endLeases([keyed]);
    const later = await surface.another();
    expect(await later.column("SELECT id FROM anyqueue.claim(n => 9)")).toEqual([added, keyed]);
  });
});
