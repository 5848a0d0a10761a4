/** The way from process to process. */
export interface Transport {
  /** Whether listeners hear other processes at once, as far as that is known; valid after `open`. */
  readonly hears: boolean;
  /** Gets ready. Whether the other side is there just now does not matter. */
  open(): Promise<void>;
  /** Resolves when the message is on its way to the others; rejects when it was lost. */
  publish(text: string): Promise<void>;
  /** Begins to hear, if it does not yet; resolves when it does, or soon after in any case. */
  listen(): Promise<void>;
  /** Stops to hear. */
  deafen(): Promise<void>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** What a transport tells. */
export interface Hearing {
  /** A message has come. */
  hear(text: string): void;
  /** The connection is up: for the first time, or again after messages may have been lost. */
  resync(): void;
  /** Something keeps it from hearing; told once for as long as it lasts, in words for whoever runs the queue. */
  warn(message: string): void;
}
