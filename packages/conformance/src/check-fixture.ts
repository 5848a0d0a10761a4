import { QueueError } from "@anyqueue/api";
import type { Fixture } from "./fixture.ts";

const MEANS = ["reopen", "crash", "dispose", "transaction", "spawn"] as const;

/** Refuses what is no fixture, by the field that is wrong, in words that say what to write instead. @throws QueueError `INVALID` */
export function checkFixture(fixture: unknown): asserts fixture is Fixture {
  if (typeof fixture === "function") {
    throw invalid("A fixture is an object, not a function or a class", EXAMPLE);
  }
  if (typeof fixture !== "object" || fixture === null) {
    throw invalid(`A fixture is an object, not ${String(fixture)}`, EXAMPLE);
  }
  const { name, open, ...means } = fixture as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || name === "") {
    throw invalid(
      "The fixture has no `name`",
      'Give it one, such as `name: "mine"`; reports and titles begin with it.',
    );
  }
  if (typeof open !== "function") {
    throw invalid(
      `The fixture ${JSON.stringify(name)} has no function \`open\``,
      "Write `open: () => new MyAdapter(…)`: it makes an adapter, not opened yet, on a new and empty store.",
    );
  }
  const wrong = MEANS.find((field) => means[field] !== undefined && typeof means[field] !== "function");
  if (wrong !== undefined) {
    throw invalid(`\`${wrong}\` of the fixture ${JSON.stringify(name)} is no function`, "Leave it out, or write one.");
  }
}

const EXAMPLE = 'Write `{ name: "mine", open: () => new MyAdapter(…) }`.';

function invalid(what: string, remedy: string): QueueError {
  return new QueueError("INVALID", `${what}. ${remedy}`);
}
