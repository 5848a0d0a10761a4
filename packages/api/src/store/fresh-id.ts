import { randomFillSync } from "node:crypto";

const pool = new Uint8Array(8 * 1024);
let used = pool.length;
let lastTime = 0;
let sequence = 0;

const DIGITS = Buffer.from("0123456789abcdef", "latin1");
let lastLane: string | undefined;
let text = Buffer.alloc(0);
/** Where in the text the local id begins. */
let start = 0;
/** The time that stands in the text. */
let writtenTime = 0;
/** Where the dash within the time stands. */
const DASH = 8;

/**
 * The whole id of a new job of this lane. Its local part is a time-ordered UUID (version 7, RFC 9562 §5.7, with a counter
 * in `rand_a` as in its method 1), so that ids of one process sort as they were made. Random bits come from a pool: asking
 * the system for each id would cost more than everything else that `add` does. It is written into a buffer, since a string
 * that is put together of others is copied again, and hashed slowly, wherever it is used first.
 */
export function freshId(lane: string): string {
  const now = Date.now();
  const isOther = lane !== lastLane;
  if (isOther) begin(lane);
  if (now > lastTime || ++sequence > 0xfff) {
    // Borrowed from the future rather than repeated.
    lastTime = Math.max(now, lastTime + 1);
    sequence = 0;
    writeTime();
  } else if (isOther) writeTime();
  if (used + 8 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  write(14, 0x70 | (sequence >> 8));
  write(16, sequence & 0xff);
  write(19, ((pool[used] ?? 0) & 0x3f) | 0x80);
  write(21, pool[used + 1]);
  for (let i = 2; i < 8; i++) write(20 + 2 * i, pool[used + i]);
  used += 8;
  return text.toString("latin1");
}

function begin(lane: string): void {
  lastLane = lane;
  writtenTime = 0;
  start = lane.length + 1;
  text = Buffer.from(`${lane}:00000000-0000-7000-8000-000000000000`, "latin1");
}

/** Writes those digits of the time that have changed; to make a string of it first would take three times as long. */
function writeTime(): void {
  let time = lastTime;
  let before = writtenTime;
  for (let place = 12; time !== before; place--) {
    if (place === DASH) continue;
    text[start + place] = DIGITS[time % 16] ?? 0;
    time = Math.floor(time / 16);
    before = Math.floor(before / 16);
  }
  writtenTime = lastTime;
}

/** Writes a byte as two digits. */
function write(place: number, byte = 0): void {
  text[start + place] = DIGITS[byte >> 4] ?? 0;
  text[start + place + 1] = DIGITS[byte & 0xf] ?? 0;
}
