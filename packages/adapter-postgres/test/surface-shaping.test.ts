import { beforeEach, describe, expect, it } from "vitest";
import { decodeMessage } from "../src/wakeups/message.ts";
import { refusal, Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

const enqueue = (options: string) => surface.value(`SELECT anyqueue.enqueue(${options})`);
const bulk = (jobs: unknown, allOrNone = false) =>
  surface.rows("SELECT * FROM anyqueue.enqueue_bulk($1, $2)", [JSON.stringify(jobs), allOrNone]);
const claim = (options = "") => surface.rows(`SELECT id, token FROM anyqueue.claim(${options})`);
const settle = (verb: string, job: Record<string, unknown> | undefined) =>
  surface.row(`SELECT * FROM anyqueue.${verb}`, [job?.["id"], job?.["token"]]);
const statusOf = (id: string) => surface.value("SELECT status FROM anyqueue.jobs WHERE id = $1", [id]);

describe("the options that shape the work", () => {
  it("mean in SQL what they mean in TypeScript", async () => {
    const queue = await surface.queue();
    await enqueue("'t', id => 'a:first'");
    await enqueue(
      `'mail.send', lane => 'a', id => 'second', unique_key => 'ada', unique_until => 'started', ordering_key => 'k',
       depends_on => '{a:first,b:none,a:first}', on_parent => 'leave', keep => '{"completed": "1 day", "failed": 5000, "cancelled": false}'`,
    );
    const expected = {
      unique: { key: "mail.send:ada", until: "started" },
      orderingKey: "k",
      dependsOn: ["a:first", "b:none"],
      onParent: "leave",
      keep: { completed: 86_400_000, failed: 5000, cancelled: false },
      state: "blocked",
    };
    expect(await queue.get("a:second")).toMatchObject(expected);
    await bulk([
      {
        type: "mail.send",
        id: "c:second",
        unique_key: "ada",
        unique_until: "started",
        ordering_key: "k",
        depends_on: ["a:first", "b:none", "a:first"],
        on_parent: "leave",
        keep: { completed: "24:00", failed: "5 s", cancelled: false },
      },
    ]);
    expect(await queue.get("c:second")).toMatchObject(expected);
  });

  it("are not there when they are null or empty", async () => {
    const queue = await surface.queue();
    const id = await enqueue("'t', unique_key => NULL, depends_on => '{}', on_parent => 'release', keep => 'null'");
    await bulk([{ type: "t", id: "x", unique_key: null, ordering_key: null, depends_on: [], keep: null }]);
    for (const each of [String(id), "default:x"]) {
      const job = await queue.get(each);
      expect(job).toMatchObject({ state: "waiting" });
      for (const field of ["unique", "orderingKey", "dependsOn", "onParent", "keep"])
        expect(job).not.toHaveProperty(field);
    }
  });

  it("are refused when they cannot be, with what to do instead, by enqueue and enqueue_bulk alike", async () => {
    const cases: readonly (readonly [options: Record<string, unknown>, message: RegExp])[] = [
      [{ unique_key: "" }, /"unique_key" cannot be ""/],
      [{ unique_until: "started" }, /"unique_until" goes with "unique_key"/],
      [{ unique_key: "k", unique_until: "ended" }, /"unique_until" cannot be "ended"/],
      [{ unique_key: "k", unique_until: "0 s" }, /"unique_until" cannot be "00:00:00"/],
      [{ ordering_key: "" }, /"ordering_key" cannot be ""/],
      [{ ordering_key: "$k" }, /"ordering_key" cannot be "\$k"/],
      [{ ordering_key: "a\nb" }, /"ordering_key" cannot be/],
      [{ ordering_key: "x".repeat(256) }, /"ordering_key" cannot be/],
      [{ depends_on: ["local"] }, /there cannot be "local" in "depends_on"/],
      [{ depends_on: ["a:b", "$own:1"] }, /there cannot be "\$own:1" in "depends_on"/],
      [{ depends_on: ["a:"] }, /there cannot be "a:" in "depends_on"/],
      [{ depends_on: [`a:${"x".repeat(256)}`] }, /there cannot be "a:x+…" in "depends_on"/],
      [{ depends_on: Array.from({ length: 10_001 }, (_, n) => `a:${n}`) }, /more than 10000 ids/],
      [{ depends_on: ["a:1"], state: "new" }, /"state" and "depends_on" are both given/],
      [{ depends_on: ["a:1"], id: "a:1" }, /"a:1" depends on itself/],
      [{ depends_on: ["a:1"], on_parent: "wait" }, /"on_parent" cannot be "wait"/],
      [{ on_parent: "leave" }, /"on_parent" goes with "depends_on"/],
      [{ keep: 7 }, /"keep" is not an object/],
      [{ keep: { done: "1 d" } }, /"keep" has no "done"/],
      [{ keep: { count: 3 } }, /"keep" has no "count"/],
      [{ keep: { failed: true } }, /"keep.failed" cannot be true/],
      [{ keep: { failed: "soon" } }, /"keep.failed" cannot be "soon"/],
      [{ keep: { failed: -1 } }, /"keep.failed" cannot be -1/],
    ];
    for (const [options, message] of cases) {
      const values = Object.values(options).map((value, i) =>
        Object.keys(options)[i] === "keep" ? JSON.stringify(value) : value,
      );
      const named = Object.keys(options).map((name, i) => `${name} => $${i + 1}`);
      const adding = surface.rows(`SELECT anyqueue.enqueue('t', ${named.join(", ")})`, values);
      await expect(adding).rejects.toMatchObject(refusal(message));
      await expect(bulk([{ type: "t", ...options }])).rejects.toMatchObject(refusal(message));
    }
    for (const wrong of ["a:1", ["a:1", 2], [["a:1"]]]) {
      await expect(bulk([{ type: "t", depends_on: wrong }])).rejects.toMatchObject(refusal(/"depends_on" cannot be/));
    }
    expect(await surface.value("SELECT count(*) FROM anyqueue.jobs")).toBe(0);
  });
});

describe("P17 a unique key", () => {
  it("S21 is held by one job, whose id is the answer, whoever asks and in whatever way", async () => {
    const queue = await surface.queue();
    const id = await enqueue("'mail.send', '1', unique_key => 'ada'");
    expect(await enqueue("'mail.send', '2', unique_key => 'ada'")).toBe(id);
    expect(await queue.add("mail.send", 3, { unique: { key: "ada" } })).toMatchObject({ id, status: "existing" });
    expect(await enqueue("'mail.read', unique_key => 'ada'")).not.toBe(id);
    expect(await enqueue("'mail.send', unique_key => 'ada', lane => 'other'")).not.toBe(id);
    expect(
      await bulk([
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
    const finished = await enqueue("'t', unique_key => 'a'");
    const started = await enqueue("'t', unique_key => 'b', unique_until => 'started'");
    const timed = await enqueue("'t', unique_key => 'c', unique_until => '10 min'");
    const jobs = await claim("n => 3");
    expect(await enqueue("'t', unique_key => 'a'")).toBe(finished);
    expect(await enqueue("'t', unique_key => 'b', unique_until => 'started'")).not.toBe(started);
    for (const job of jobs) await settle("complete($1, $2)", job);
    expect(await enqueue("'t', unique_key => 'a'")).not.toBe(finished);
    expect(await enqueue("'t', unique_key => 'c'")).toBe(timed);
    await surface.rows("UPDATE anyqueue.history SET inserted_at = inserted_at - 600000");
    expect(await enqueue("'t', unique_key => 'c'")).not.toBe(timed);
  });

  it("stops all with all_or_none", async () => {
    const id = await enqueue("'t', unique_key => 'a'");
    expect(
      await bulk(
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
    const first = await enqueue(add);
    const [job] = await claim();
    const second = await enqueue(add);
    expect(second).not.toBe(first);
    expect(await settle("fail($1, $2, 'boom', retry_in => '0 s')", job)).toMatchObject({
      status: "ok",
      state: "waiting",
    });
    const back = await queue.get(String(first));
    expect(back).toMatchObject({ state: "waiting", attempt: 1, error: { message: "boom" } });
    expect(back).not.toHaveProperty("unique");
    expect(await enqueue(add)).toBe(second);
  });

  it("P15 that another job took meanwhile does not keep one from being rescued", async () => {
    const add = `'t', unique_key => 'a', unique_until => 'started', backoff => '{"type": "fixed", "delay": 0}'`;
    const first = await enqueue(add);
    await claim();
    const second = await enqueue(add);
    await surface.endLeases();
    // A session looks for ended leases about once a second, so another one does.
    const rescuer = await surface.another();
    const ids = await rescuer.column(
      "SELECT id FROM anyqueue.claim(n => 9) UNION SELECT id FROM anyqueue.claim(n => 9)",
    );
    expect(new Set(ids)).toEqual(new Set([first, second]));
    expect(await surface.column("SELECT unique_key FROM anyqueue.jobs ORDER BY seq")).toEqual([null, "t:a"]);
  });
});

describe("P18 an ordering key", () => {
  it("lets jobs run one at a time in the order in which they were added", async () => {
    await surface.rows(
      "SELECT anyqueue.enqueue('t', id => i::text, ordering_key => 'k', priority => 9 - i) FROM generate_series(1, 3) i",
    );
    await enqueue("'t', id => 'other', ordering_key => 'l'");
    const first = await claim("n => 9");
    expect(first.map((job) => job["id"])).toEqual(["default:1", "default:other"]);
    expect(await settle("extend($1, $2)", first[0])).toMatchObject({ status: "ok" });
    expect(await settle("fail($1, $2, retry_in => '0 s')", first[0])).toMatchObject({ state: "waiting" });
    const [again] = await claim("n => 9");
    expect(again).toMatchObject({ id: "default:1" });
    await settle("complete($1, $2)", again);
    expect(await claim("n => 9")).toMatchObject([{ id: "default:2" }]);
    expect(await surface.column("SELECT ordering_key FROM anyqueue.jobs ORDER BY seq")).toEqual(["k", "k", "k", "l"]);
  });

  it("hides no job that waits for its time from the view of those", async () => {
    await surface.rows(
      "SELECT anyqueue.enqueue('t', id => i::text, ordering_key => 'k', delay => '1 h') FROM generate_series(1, 2) i",
    );
    expect(await surface.column("SELECT id FROM anyqueue.delayed ORDER BY seq")).toEqual(["default:1", "default:2"]);
    expect(await surface.value("SELECT delayed FROM anyqueue.lanes")).toBe(2);
  });
});

describe("P20 a dependency", () => {
  it("blocks a job until all that it depends on are completed, which the views show", async () => {
    for (const id of ["1", "2"]) await enqueue(`'t', id => '${id}'`);
    await enqueue("'t', id => '3', depends_on => '{default:1,default:2}'");
    const blocked = "SELECT id, status, depends_on, on_parent, waits_for FROM anyqueue.blocked";
    const shown = { id: "default:3", status: "blocked", depends_on: ["default:1", "default:2"], on_parent: "cancel" };
    expect(await surface.rows(blocked)).toEqual([{ ...shown, waits_for: ["default:1", "default:2"] }]);
    expect(await surface.row("SELECT waiting, blocked FROM anyqueue.lanes")).toEqual({ waiting: 2, blocked: 1 });
    const [first, second, third] = await claim("n => 9");
    expect(third).toBe(undefined);
    await settle("complete($1, $2)", first);
    expect(await surface.rows(blocked)).toEqual([{ ...shown, waits_for: ["default:2"] }]);
    await settle("complete($1, $2)", second);
    expect(await surface.rows(blocked)).toEqual([]);
    expect(await claim()).toMatchObject([{ id: "default:3" }]);
  });

  it("ends, frees or leaves a job when one that it depends on fails, and wakes who waits for that", async () => {
    const heard: unknown[] = [];
    await enqueue("'t', id => 'a:1'");
    for (const what of ["cancel", "release", "leave"])
      await enqueue(`'t', id => 'b-${what}:1', depends_on => '{a:1}', on_parent => '${what}'`);
    const [job] = await claim("'{a}'");
    const listener = await surface.another();
    listener.client.on("notification", ({ payload = "" }) => heard.push(decodeMessage(payload)));
    await listener.rows(`LISTEN ${surface.schema}`);
    await settle("fail($1, $2, final => true)", job);
    expect(await listener.column("SELECT status FROM anyqueue.jobs WHERE lane LIKE 'b-%' ORDER BY id")).toEqual([
      "cancelled",
      "blocked",
      "waiting",
    ]);
    expect(heard).toMatchObject([{ lanes: ["b-release"], finished: ["a", "b-cancel"] }]);
  });

  it("on a job that is not there, or that ended, is judged at once", async () => {
    const heard: unknown[] = [];
    const listener = await surface.another();
    listener.client.on("notification", ({ payload = "" }) => heard.push(decodeMessage(payload)));
    await listener.rows(`LISTEN ${surface.schema}`);
    const id = await enqueue("'t', lane => 'a', depends_on => '{a:none}'");
    expect(await statusOf(String(id))).toBe("cancelled");
    expect(await bulk([{ type: "t", id: "b:1", depends_on: ["a:none"] }])).toEqual([
      { place: 1, status: "added", id: "b:1" },
    ]);
    await listener.value("SELECT 1");
    expect(heard).toMatchObject([
      { lanes: ["a"], finished: ["a"] },
      { lanes: ["b"], finished: ["b"] },
    ]);
  });

  it("may be on a job that comes later in the same call", async () => {
    await bulk([
      { type: "t", id: "late", depends_on: ["default:early"] },
      { type: "t", id: "early", depends_on: ["default:first"] },
      { type: "t", id: "first" },
    ]);
    const order: unknown[] = [];
    for (let [job] = await claim(); job !== undefined; [job] = await claim()) {
      order.push(job["id"]);
      await settle("complete($1, $2)", job);
    }
    expect(order).toEqual(["default:first", "default:early", "default:late"]);
  });

  it("that closes a circle is refused, with the circle", async () => {
    const circle = (...ids: string[]) =>
      ids.map((id, i) => ({ type: "t", id, depends_on: [`default:${ids.at(i - 1)}`] }));
    await expect(bulk(circle("a", "b", "c"))).rejects.toMatchObject(
      refusal(/in a circle, (default:\w → ){3}default:\w, and none/),
    );
    await expect(bulk([{ type: "t", id: "x", depends_on: ["default:a"] }, ...circle("a", "b")])).rejects.toMatchObject(
      refusal(/in a circle, default:(a → default:b → default:a|b → default:a → default:b), and/),
    );
    const long = Array.from({ length: 10_000 }, (_, i) => `n${i}`);
    await expect(bulk(circle(...long))).rejects.toMatchObject(refusal(/in a circle, (default:n\d+ → ){7}…, and/));
    await enqueue("'t', id => 'stored', depends_on => '{default:later}', on_parent => 'leave'");
    const closing = "'t', id => 'later', depends_on => '{default:stored}'";
    await expect(enqueue(closing)).rejects.toMatchObject(refusal(/in a circle, default:later, default:stored, and/));
    expect(await surface.column("SELECT id FROM anyqueue.jobs")).toEqual(["default:stored"]);
  });

  it("may be one of a chain of thousands, in any order", async () => {
    const chain = Array.from({ length: 5000 }, (_, i) => ({
      type: "t",
      id: `n${i}`,
      depends_on: [`default:n${i + 1}`],
    }));
    const outcomes = await bulk([...chain, { type: "t", id: "n5000" }]);
    expect(new Set(outcomes.map((each) => each["status"]))).toEqual(new Set(["added"]));
    expect(await claim("n => 9")).toMatchObject([{ id: "default:n5000" }]);
  });

  it("P21 goes with its job when that is cancelled, alone or with its group, by whose end others end", async () => {
    await enqueue(`'t', id => '0', "group" => 'g'`);
    for (const n of [1, 2, 3]) await enqueue(`'t', id => '${n}', "group" => 'g', depends_on => '{default:${n - 1}}'`);
    await enqueue("'t', id => 'outside', depends_on => '{default:3}'");
    await enqueue(`'t', id => 'alone', "group" => 'g', depends_on => '{default:0}', on_parent => 'leave'`);
    expect(await surface.row("SELECT * FROM anyqueue.cancel('default:alone')")).toEqual({
      status: "ok",
      state: "cancelled",
      cancel_requested: false,
    });
    await claim();
    // The first is held; the others end together.
    expect(await surface.row("SELECT * FROM anyqueue.cancel_group('g')")).toEqual({ cancelled: 3, requested: 1 });
    expect(await statusOf("default:outside")).toBe("cancelled");
  });
});

describe("P19 a lane that is full", () => {
  it("makes enqueue raise an error of its own, and enqueue_bulk tell", async () => {
    await surface.rows(`SELECT anyqueue.set_lane('a', '{"capacity": 2}')`);
    const first = await enqueue("'t', lane => 'a', id => '1', unique_key => 'k'");
    expect(
      await bulk([
        { type: "t", id: "a:2" },
        { type: "t", id: "a:3" },
        { type: "t", id: "b:1" },
        { type: "t", id: "a:2" },
        { type: "t", id: "a:4", unique_key: "k" },
      ]),
    ).toEqual([
      { place: 1, status: "added", id: "a:2" },
      { place: 2, status: "full", id: "a:3" },
      { place: 3, status: "added", id: "b:1" },
      { place: 4, status: "existing", id: "a:2" },
      { place: 5, status: "existing", id: first },
    ]);
    await expect(enqueue("'t', lane => 'a'")).rejects.toMatchObject({
      code: "AQ005",
      message: expect.stringMatching(/the lane "a" is full, it takes 2 unfinished jobs/) as unknown,
      hint: expect.stringMatching(/set_lane|enqueue_bulk/) as unknown,
    });
    expect(await enqueue("'t', lane => 'a', id => '2'")).toBe("a:2");
    expect(
      await bulk(
        [
          { type: "t", id: "b:2" },
          { type: "t", id: "a:5" },
        ],
        true,
      ),
    ).toEqual([
      { place: 1, status: "skipped", id: "b:2" },
      { place: 2, status: "full", id: "a:5" },
    ]);
    await surface.rows("SELECT anyqueue.cancel('a:2')");
    expect(await enqueue("'t', lane => 'a', id => '6'")).toBe("a:6");
  });
});

describe("how long a job is kept", () => {
  it("P26 may be not at all", async () => {
    await enqueue(`'t', id => '1', keep => '{"completed": false}'`);
    const [job] = await claim();
    expect(await settle("complete($1, $2)", job)).toMatchObject({ status: "ok", state: "completed" });
    expect(await surface.rows("SELECT * FROM anyqueue.jobs")).toEqual([]);
  });
});
