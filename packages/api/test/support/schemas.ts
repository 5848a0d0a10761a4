import type { StandardSchemaV1 } from "@standard-schema/spec";

/** A Standard Schema written by hand: takes digits, and yields the number. */
export const digits: StandardSchemaV1<{ n: string }, { n: number }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const text = (value as { n?: unknown } | null)?.n;
      if (typeof text === "string" && /^\d+$/.test(text)) return { value: { n: Number(text) } };
      return { issues: [{ message: "must be digits", path: ["n"] }] };
    },
  },
};

/** One that answers later, which `add` cannot wait for. */
export const slow: StandardSchemaV1<string> = {
  "~standard": { version: 1, vendor: "test", validate: () => Promise.reject(new Error("later")) },
};
