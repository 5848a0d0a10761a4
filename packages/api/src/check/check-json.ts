import type { Json } from "../contract/json.ts";
import { QueueError } from "../errors.ts";

/** Payload, result, progress and each event may have this many bytes as JSON text. */
export const MAX_VALUE_BYTES = 1024 * 1024;

const MAX_DEPTH = 200;

/** A checked value, with an upper bound of its size as JSON. */
export interface CheckedJson {
  /** A copy, so that what the caller does to the original afterwards is not stored. */
  readonly value: Json;
  readonly bytes: number;
}

/**
 * Copies a value, and refuses by name what JSON or one of our stores cannot carry: `undefined`, functions, `BigInt`,
 * `NaN`, cycles, dates and other class instances, U+0000, lone surrogates (P2). `-0` becomes `0`.
 *
 * @throws QueueError `INVALID` with the path of the value, `TOO_LARGE` beyond `MAX_VALUE_BYTES`.
 */
export function checkJson(value: unknown, name: string): CheckedJson {
  const walk = new Walk(name);
  const copy = copyOrRefuse(walk, value, name);
  if (walk.bytes <= MAX_VALUE_BYTES) return { value: copy, bytes: walk.bytes };
  const bytes = Buffer.byteLength(JSON.stringify(copy));
  if (bytes <= MAX_VALUE_BYTES) return { value: copy, bytes };
  throw tooLarge(name, `${bytes}`);
}

function copyOrRefuse(walk: Walk, value: unknown, name: string): Json {
  try {
    return walk.copy(value);
  } catch (cause) {
    if (cause instanceof QueueError) throw cause;
    throw new QueueError("INVALID", `\`${name}\` cannot be read: one of its getters throws.`, { cause });
  }
}

class Walk {
  /** An upper bound. */
  bytes = 0;
  /** A lower bound, so that what is hopelessly large, such as a few lists nested in each other many times, ends early. */
  #least = 0;
  readonly #name: string;
  readonly #above: object[] = [];
  /** Where it is, key by key; made a path of only when something is wrong there. */
  readonly #keys: (string | number)[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  copy(value: unknown): Json {
    if (++this.#least > MAX_VALUE_BYTES) throw tooLarge(this.#name, `more than ${MAX_VALUE_BYTES}`);
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        if (!Number.isFinite(value)) throw refuse(this.#path(), `${value}, which JSON cannot carry`);
        this.bytes += 25;
        return value === 0 ? 0 : value;
      case "boolean":
        this.bytes += 5;
        return value;
      case "object":
        this.bytes += 4;
        return value === null ? null : this.#object(value);
      default:
        throw refuse(this.#path(), `${describe(value)}, which JSON cannot carry`);
    }
  }

  #text(text: string, isKey = false): string {
    if (text.includes("\0"))
      throw refuse(this.#place(isKey), "a string with U+0000 in it, which not every store can carry");
    if (!text.isWellFormed())
      throw refuse(this.#place(isKey), "a string with a lone surrogate in it, which not every store can carry");
    this.#least += text.length;
    this.bytes += text.length * 6 + 2; // an escape such as \u001f is the longest that a UTF-16 unit becomes
    return text;
  }

  #object(value: object): Json {
    if (this.#above.includes(value)) throw refuse(this.#path(), "a cycle: it contains itself");
    if (this.#above.length >= MAX_DEPTH) throw refuse(this.#path(), `nested more than ${MAX_DEPTH} levels deep`);
    this.#above.push(value);
    const copy = Array.isArray(value) ? this.#array(value) : this.#record(value);
    this.#above.pop();
    return copy;
  }

  #array(list: readonly unknown[]): Json {
    const copy: Json[] = [];
    const last = this.#keys.push(0) - 1;
    // By index, so that a hole is seen as the `undefined` that it reads as.
    for (let i = 0; i < list.length; i++) {
      this.#keys[last] = i;
      copy.push(this.copy(list[i]));
    }
    this.#keys.pop();
    this.bytes += list.length;
    return copy;
  }

  #record(record: object): Json {
    const prototype: unknown = Object.getPrototypeOf(record);
    // Not compared with this realm's own prototype: a plain object may come from another one, as under Jest.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      throw refuse(this.#path(), `${describe(record)}, not plain JSON; convert it first`);
    }
    if (Object.getOwnPropertySymbols(record).length > 0)
      throw refuse(this.#path(), "an object with symbol keys, which JSON cannot carry");
    const copy: Record<string, Json> = {};
    const last = this.#keys.push("") - 1;
    for (const key of Object.keys(record)) {
      this.#keys[last] = key;
      const item = this.copy((record as Record<string, unknown>)[key]);
      this.bytes += 2;
      this.#text(key, true);
      // Assigning to `__proto__` would set the prototype instead of adding a key.
      if (key === "__proto__")
        Object.defineProperty(copy, key, { value: item, enumerable: true, configurable: true, writable: true });
      else copy[key] = item;
    }
    this.#keys.pop();
    return copy;
  }

  #place(isKey: boolean): string {
    return isKey ? `a key of ${this.#path(-1)}` : this.#path();
  }

  /** The path of where it is, or of what is above. */
  #path(end?: number): string {
    return this.#keys.slice(0, end).reduce<string>((path, key) => {
      return typeof key === "number" ? `${path}[${key}]` : `${path}.${key}`;
    }, this.#name);
  }
}

function describe(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "object" && value !== null) {
    const { constructor } = value as { constructor?: { name?: unknown } };
    const name = constructor?.name;
    return `an instance of ${typeof name === "string" && name !== "" ? name : "a class"}`;
  }
  return `a ${typeof value}`;
}

function tooLarge(name: string, bytes: string): QueueError {
  return new QueueError(
    "TOO_LARGE",
    `\`${name}\` has ${bytes} bytes as JSON, and at most ${MAX_VALUE_BYTES} are taken. Store it elsewhere and put its address into the job.`,
  );
}

function refuse(path: string, what: string): QueueError {
  return new QueueError("INVALID", `\`${path}\` is ${what}.`);
}
