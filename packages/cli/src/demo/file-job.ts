import { defineJobs } from "@anyqueue/api";
import { type Static, Type } from "typebox";

const FileName = Type.Object({
  /** Relative to the folder. Where it is no valid UTF-8 this is only for reading, and `raw` says what it really is. */
  path: Type.String(),
  /** Base64 of the name's bytes, when they are no valid UTF-8. */
  raw: Type.Optional(Type.String()),
});

const FileHash = Type.Object({ sha256: Type.String(), bytes: Type.Integer() });

/** The demo's one type of job: compute the SHA-256 of a file. */
export const jobs = defineJobs({
  "file.hash": { payload: FileName, result: FileHash, backoff: { type: "fixed", delay: 100 } },
});

/** What a `file.hash` job is given. */
export type FileName = Static<typeof FileName>;

/** What it answers. */
export type FileHash = Static<typeof FileHash>;

/** Names a file in JSON, whatever bytes its name is made of. */
export function nameOf(path: Buffer): FileName {
  const text = path.toString("utf8");
  return Buffer.from(text).equals(path) ? { path: text } : { path: text, raw: path.toString("base64") };
}

/** The bytes of a file's name. */
export function bytesOf({ path, raw }: FileName): Buffer {
  return raw === undefined ? Buffer.from(path) : Buffer.from(raw, "base64");
}
