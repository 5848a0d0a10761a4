import { beforeEach, describe, expect, it } from "vitest";
import { refusal, Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

describe("the options that shape the work", () => {
  it("mean in SQL what they mean in TypeScript", async () => {
    const queue = await surface.queue();
    await surface.enqueue("'t', id => 'a:first'");
    await surface.enqueue(
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
    await surface.bulk([
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
    const id = await surface.enqueue(
      "'t', unique_key => NULL, depends_on => '{}', on_parent => 'release', keep => 'null'",
    );
    await surface.bulk([{ type: "t", id: "x", unique_key: null, ordering_key: null, depends_on: [], keep: null }]);
    for (const each of [id, "default:x"]) {
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
      await expect(surface.bulk([{ type: "t", ...options }])).rejects.toMatchObject(refusal(message));
    }
    for (const wrong of ["a:1", ["a:1", 2], [["a:1"]]]) {
      await expect(surface.bulk([{ type: "t", depends_on: wrong }])).rejects.toMatchObject(
        refusal(/"depends_on" cannot be/),
      );
    }
    expect(await surface.value("SELECT count(*) FROM anyqueue.jobs")).toBe(0);
  });
});

describe("P18 an ordering key", () => {
  it("lets jobs run one at a time in the order in which they were added", async () => {
    await surface.rows(
      "SELECT anyqueue.enqueue('t', id => i::text, ordering_key => 'k', priority => 9 - i) FROM generate_series(1, 3) i",
    );
    await surface.enqueue("'t', id => 'other', ordering_key => 'l'");
    const first = await surface.claim("n => 9");
    expect(first.map((job) => job["id"])).toEqual(["default:1", "default:other"]);
    expect(await surface.settle("extend($1, $2)", first[0])).toMatchObject({ status: "ok" });
    expect(await surface.settle("fail($1, $2, retry_in => '0 s')", first[0])).toMatchObject({ state: "waiting" });
    const [again] = await surface.claim("n => 9");
    expect(again).toMatchObject({ id: "default:1" });
    await surface.settle("complete($1, $2)", again);
    expect(await surface.claim("n => 9")).toMatchObject([{ id: "default:2" }]);
    expect(await surface.column("SELECT ordering_key FROM anyqueue.jobs ORDER BY seq")).toEqual(["k", "k", "k", "l"]);
  });

  it("strands nobody who gets in line while a transaction is open that gave up the turn and claimed", async () => {
    const other = await surface.another();
    await surface.enqueue("'t', id => '1', ordering_key => 'k'");
    const [held] = await surface.claim("n => 9");
    await surface.rows("BEGIN");
    await surface.settle("complete($1, $2)", held);
    expect(await surface.claim("n => 9")).toEqual([]);
    await other.enqueue("'t', id => '2', ordering_key => 'k'");
    expect(await other.claim("n => 9")).toEqual([]);
    await surface.rows("COMMIT");
    expect(await other.claim("n => 9")).toMatchObject([{ id: "default:2" }]);
    expect(await surface.claim("n => 9")).toEqual([]);
    expect(await surface.rows("SELECT * FROM anyqueue.debts")).toEqual([]);
  });

  it("is not given by a transaction to who got in line in it, of whom nobody else knows yet", async () => {
    const other = await surface.another();
    await surface.rows("BEGIN");
    await surface.enqueue("'t', id => '1', ordering_key => 'k'");
    expect(await surface.claim("n => 9")).toEqual([]);
    await other.enqueue("'t', id => '2', ordering_key => 'k'");
    const [held] = await other.claim("n => 9");
    expect(held).toMatchObject({ id: "default:2" });
    await surface.rows("COMMIT");
    expect(await surface.claim("n => 9")).toEqual([]);
    await other.settle("complete($1, $2)", held);
    expect(await surface.claim("n => 9")).toMatchObject([{ id: "default:1" }]);
  });

  it("hides no job that waits for its time from the view of those", async () => {
    await surface.rows(
      "SELECT anyqueue.enqueue('t', id => i::text, ordering_key => 'k', delay => '1 h') FROM generate_series(1, 2) i",
    );
    expect(await surface.column("SELECT id FROM anyqueue.delayed ORDER BY seq")).toEqual(["default:1", "default:2"]);
    expect(await surface.value("SELECT delayed FROM anyqueue.lanes")).toBe(2);
  });
});

describe("P19 a lane that is full", () => {
  it("makes enqueue raise an error of its own, and enqueue_bulk tell", async () => {
    await surface.rows(`SELECT anyqueue.set_lane('a', '{"capacity": 2}')`);
    const first = await surface.enqueue("'t', lane => 'a', id => '1', unique_key => 'k'");
    expect(
      await surface.bulk([
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
    await expect(surface.enqueue("'t', lane => 'a'")).rejects.toMatchObject({
      code: "AQ005",
      message: expect.stringMatching(/the lane "a" is full, it takes 2 unfinished jobs/) as unknown,
      hint: expect.stringMatching(/set_lane|enqueue_bulk/) as unknown,
    });
    expect(await surface.enqueue("'t', lane => 'a', id => '2'")).toBe("a:2");
    expect(
      await surface.bulk(
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
    expect(await surface.enqueue("'t', lane => 'a', id => '6'")).toBe("a:6");
  });
});

describe("how long a job is kept", () => {
  it("P26 may be not at all", async () => {
    await surface.enqueue(`'t', id => '1', keep => '{"completed": false}'`);
    const [job] = await surface.claim();
    expect(await surface.settle("complete($1, $2)", job)).toMatchObject({ status: "ok", state: "completed" });
    expect(await surface.rows("SELECT * FROM anyqueue.jobs")).toEqual([]);
  });
});
