import { randomFillSync } from "node:crypto";

const pool = new Uint8Array(8 * 1024);
let used = pool.length;
let lastTime = 0;
let sequence = 0;

/**
 * A time-ordered UUID (version 7, RFC 9562 §5.7, with a counter in `rand_a` as in its method 1), so that ids of one
 * process sort as they were made. Random bits come from a pool: asking the system for each id would cost more than
 * everything else that `add` does.
 */
export function localId(): string {
  const now = Date.now();
  if (now > lastTime) {
    lastTime = now;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastTime++; // Borrowed from the future rather than repeated.
    sequence = 0;
  }
  if (used + 8 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const time = lastTime.toString(16).padStart(12, "0");
  const counter = sequence.toString(16).padStart(3, "0");
  const high = hex(((pool[used] ?? 0) & 0x3f) | 0x80) + hex(pool[used + 1]);
  let low = "";
  for (let i = 2; i < 8; i++) low += hex(pool[used + i]);
  used += 8;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${high}-${low}`;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(byte: number | undefined): string {
  return HEX[byte ?? 0] as string;
}
