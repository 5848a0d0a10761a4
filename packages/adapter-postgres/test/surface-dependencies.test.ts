import { beforeEach, describe, expect, it } from "vitest";
import { decodeMessage } from "../src/wakeups/message.ts";
import { refusal, Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

describe("P20 a dependency", () => {
  it("blocks a job until all that it depends on are completed, which the views show", async () => {
    for (const id of ["1", "2"]) await surface.enqueue(`'t', id => '${id}'`);
    await surface.enqueue("'t', id => '3', depends_on => '{default:1,default:2}'");
    const blocked = "SELECT id, status, depends_on, on_parent, waits_for FROM anyqueue.blocked";
    const shown = { id: "default:3", status: "blocked", depends_on: ["default:1", "default:2"], on_parent: "cancel" };
    expect(await surface.rows(blocked)).toEqual([{ ...shown, waits_for: ["default:1", "default:2"] }]);
    expect(await surface.row("SELECT waiting, blocked FROM anyqueue.lanes")).toEqual({ waiting: 2, blocked: 1 });
    const [first, second, third] = await surface.claim("n => 9");
    expect(third).toBe(undefined);
    await surface.settle("complete($1, $2)", first);
    expect(await surface.rows(blocked)).toEqual([{ ...shown, waits_for: ["default:2"] }]);
    await surface.settle("complete($1, $2)", second);
    expect(await surface.rows(blocked)).toEqual([]);
    expect(await surface.claim()).toMatchObject([{ id: "default:3" }]);
  });

  it("ends, frees or leaves a job when one that it depends on fails, and wakes who waits for that", async () => {
    const heard: unknown[] = [];
    await surface.enqueue("'t', id => 'a:1'");
    for (const what of ["cancel", "release", "leave"])
      await surface.enqueue(`'t', id => 'b-${what}:1', depends_on => '{a:1}', on_parent => '${what}'`);
    const [job] = await surface.claim("'{a}'");
    const listener = await surface.another();
    listener.client.on("notification", ({ payload = "" }) => heard.push(decodeMessage(payload)));
    await listener.rows(`LISTEN ${surface.schema}`);
    await surface.settle("fail($1, $2, final => true)", job);
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
    const id = await surface.enqueue("'t', lane => 'a', depends_on => '{a:none}'");
    expect(await surface.statusOf(id)).toBe("cancelled");
    expect(await surface.bulk([{ type: "t", id: "b:1", depends_on: ["a:none"] }])).toEqual([
      { place: 1, status: "added", id: "b:1" },
    ]);
    await listener.value("SELECT 1");
    expect(heard).toMatchObject([
      { lanes: ["a"], finished: ["a"] },
      { lanes: ["b"], finished: ["b"] },
    ]);
  });

  it("may be on a job that comes later in the same call", async () => {
    await surface.bulk([
      { type: "t", id: "late", depends_on: ["default:early"] },
      { type: "t", id: "early", depends_on: ["default:first"] },
      { type: "t", id: "first" },
    ]);
    const order: unknown[] = [];
    for (let [job] = await surface.claim(); job !== undefined; [job] = await surface.claim()) {
      order.push(job["id"]);
      await surface.settle("complete($1, $2)", job);
    }
    expect(order).toEqual(["default:first", "default:early", "default:late"]);
  });

  it("that closes a circle is refused, with the circle", async () => {
    const circle = (...ids: string[]) =>
      ids.map((id, i) => ({ type: "t", id, depends_on: [`default:${ids.at(i - 1)}`] }));
    await expect(surface.bulk(circle("a", "b", "c"))).rejects.toMatchObject(
      refusal(/in a circle, (default:\w → ){3}default:\w, and none/),
    );
    await expect(
      surface.bulk([{ type: "t", id: "x", depends_on: ["default:a"] }, ...circle("a", "b")]),
    ).rejects.toMatchObject(refusal(/in a circle, default:(a → default:b → default:a|b → default:a → default:b), and/));
    const long = Array.from({ length: 10_000 }, (_, i) => `n${i}`);
    await expect(surface.bulk(circle(...long))).rejects.toMatchObject(
      refusal(/in a circle, (default:n\d+ → ){7}…, and/),
    );
    await surface.enqueue("'t', id => 'stored', depends_on => '{default:later}', on_parent => 'leave'");
    const closing = "'t', id => 'later', depends_on => '{default:stored}'";
    await expect(surface.enqueue(closing)).rejects.toMatchObject(
      refusal(/in a circle, default:later, default:stored, and/),
    );
    expect(await surface.column("SELECT id FROM anyqueue.jobs")).toEqual(["default:stored"]);
  });

  it("may be one of a chain of thousands, in any order", async () => {
    const chain = Array.from({ length: 5000 }, (_, i) => ({
      type: "t",
      id: `n${i}`,
      depends_on: [`default:n${i + 1}`],
    }));
    const outcomes = await surface.bulk([...chain, { type: "t", id: "n5000" }]);
    expect(new Set(outcomes.map((each) => each["status"]))).toEqual(new Set(["added"]));
    expect(await surface.claim("n => 9")).toMatchObject([{ id: "default:n5000" }]);
  });

  it("P21 goes with its job when that is cancelled, alone or with its group, by whose end others end", async () => {
    await surface.enqueue(`'t', id => '0', "group" => 'g'`);
    for (const n of [1, 2, 3])
      await surface.enqueue(`'t', id => '${n}', "group" => 'g', depends_on => '{default:${n - 1}}'`);
    await surface.enqueue("'t', id => 'outside', depends_on => '{default:3}'");
    await surface.enqueue(`'t', id => 'alone', "group" => 'g', depends_on => '{default:0}', on_parent => 'leave'`);
    expect(await surface.row("SELECT * FROM anyqueue.cancel('default:alone')")).toEqual({
      status: "ok",
      state: "cancelled",
      cancel_requested: false,
    });
    await surface.claim();
    // The first is held; the others end together.
    expect(await surface.row("SELECT * FROM anyqueue.cancel_group('g')")).toEqual({ cancelled: 3, requested: 1 });
    expect(await surface.statusOf("default:outside")).toBe("cancelled");
  });
});
