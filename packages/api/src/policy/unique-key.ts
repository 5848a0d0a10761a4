import { createHash } from "node:crypto";
import { MAX_NAME_LENGTH, NAME_PATTERN } from "../check/fields.ts";
import type { Json } from "../contract/json.ts";
import { canonicalJson } from "./canonical-json.ts";

const isName = new RegExp(NAME_PATTERN, "u");
/** A hash takes 45 characters with what marks it. */
const MAX_TYPE_LENGTH = MAX_NAME_LENGTH - 45;

/**
 * The unique key that is stored for a key of the user's own (P17). It covers the type too, so that jobs of different types
 * do not meet: `mail.send:ada` where that can be read back, else a hash.
 */
export function keyOfName(type: string, key: string): string {
  const plain = `${type}:${key}`;
  const isReadable = !type.includes(":") && !key.startsWith("#") && plain.length <= MAX_NAME_LENGTH;
  return isReadable && isName.test(plain) ? plain : hashed(type, ["key", key]);
}

/** The unique key that is stored for a payload, or what was chosen of it: the same for all that are structurally equal (P17). */
export function keyOfValue(type: string, value: Json): string {
  return hashed(type, ["payload", value]);
}

/** Never longer than a name may be, whatever goes into it. */
function hashed(type: string, content: Json): string {
  const hash = createHash("sha256")
    .update(canonicalJson([type, content]))
    .digest("base64url");
  return `${type.slice(0, MAX_TYPE_LENGTH).replaceAll(/\p{Surrogate}/gu, "_")}:#${hash}`;
}
