/** What the jobs of one call are like. */
export interface JobOptions {
  /** The number of the first, 0 if this is silent. */
  readonly first?: number;
  /** Whether they have random priorities. */
  readonly mixed?: boolean;
  /** A text that makes their payloads larger. */
  readonly padding?: string | undefined;
  /** How long they are not due yet; where `Subject.hasDelays`. */
  readonly delayMs?: number;
}

/** What a job carries. */
export type Payload = {
  readonly n: number;
  readonly padding?: string;
};

export function payloadOf(n: number, padding?: string): Payload {
  return padding === undefined ? { n } : { n, padding };
}

/** The payloads of so many jobs. */
export function payloadsOf(count: number, { first = 0, padding }: JobOptions = {}): Payload[] {
  return Array.from({ length: count }, (_, i) => payloadOf(first + i, padding));
}

/** A payload as a floor stores it. */
export function textOf(n: number, padding?: string): string {
  return JSON.stringify(payloadOf(n, padding));
}

/** The number of the job whose payload this is. */
export function numberIn(text: string): number {
  return (JSON.parse(text) as Payload).n;
}

/** One of so many priorities. */
export function randomPriority(count = 2 ** 32): number {
  return Math.floor(Math.random() * count);
}
