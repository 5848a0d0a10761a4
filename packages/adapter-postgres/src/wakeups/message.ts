/** What one process tells the others: names of lanes only, so that it stays short however many jobs there are. */
export interface Message {
  /** Whose message it is, so that nobody hears his own; empty where he should, as at the commit of a caller's transaction. */
  readonly sender: string;
  /** Lanes that may have jobs that are due. */
  readonly lanes: Iterable<string>;
  /** Lanes in which jobs have ended. */
  readonly finished: Iterable<string>;
  /** Anything may have happened: too much to be listed, or something was not told. */
  readonly resync?: boolean;
}

/** Postgres takes less than 8000 bytes. */
const MAX_BYTES = 7999;

/** The channel of NOTIFY for the store in this schema. */
export function channelOf(schema: string): string {
  return schema;
}

/** A message as NOTIFY and Redis carry it; one that has too much to list says `resync`. */
export function encodeMessage({ sender, lanes, finished, resync = false }: Message): string {
  const s = sender === "" ? undefined : sender;
  const all = JSON.stringify({ s, r: 1 });
  if (resync) return all;
  const [l, f] = [[...lanes], [...finished]];
  const text = JSON.stringify({ s, ...(l.length > 0 && { l }), ...(f.length > 0 && { f }) });
  return Buffer.byteLength(text) > MAX_BYTES ? all : text;
}

/** What a message says; what cannot be read may say anything. */
export function decodeMessage(text: string): Message {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message === "object" && message !== null && !Array.isArray(message)) {
      const { s = "", l = [], f = [], r } = message as Readonly<Record<string, unknown>>;
      if (typeof s === "string" && areNames(l) && areNames(f)) {
        return { sender: s, lanes: l, finished: f, resync: r === 1 };
      }
    }
  } catch {
    // It is no JSON.
  }
  return { sender: "", lanes: [], finished: [], resync: true };
}

function areNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
