/** What a client of a random traffic does. */
export type Action =
  /** Adds jobs that only it knows of. */
  | "insert"
  /** Adds a job that every other client adds, too. */
  | "contest"
  /** Polls the lane. */
  | "claim"
  /** Polls for jobs that every client knows of. */
  | "claimKnown"
  /** Takes over jobs whose lease has ended. */
  | "rescue"
  /** Ends, fails or gives back a job that it was given, however long ago; now and then twice at once. */
  | "settle"
  /** Renews the lease of a job that it was given. */
  | "renew"
  /** Notes progress, or changes a priority, by the version or the state that it saw last. */
  | "change"
  | "cancel"
  /** Brings back what has ended. */
  | "retry"
  | "append"
  | "read"
  | "remove";

/** How often each is done, beside the others. */
export type Mix = Readonly<Partial<Record<Action, number>>>;

/** Everybody wants the same few jobs. */
export const CLAIMING: Mix = {
  contest: 2,
  insert: 1,
  claim: 3,
  claimKnown: 3,
  rescue: 1,
  settle: 3,
  renew: 1,
  retry: 1,
  read: 1,
};

/** Everybody changes the same few jobs. */
export const CHANGING: Mix = {
  contest: 2,
  claimKnown: 2,
  settle: 2,
  change: 5,
  cancel: 1,
  retry: 2,
  append: 1,
  read: 2,
};

/** Everybody adds, and some remove, the same few jobs. */
export const ADDING: Mix = { contest: 6, insert: 2, claimKnown: 2, settle: 2, remove: 1, read: 2 };

/** Whose lease has ended comes too late, however many take over. */
export const RESCUING: Mix = { insert: 1, claim: 3, rescue: 4, settle: 5, renew: 2, retry: 1, read: 1 };

/** Some of everything. */
export const EVERYTHING: Mix = {
  insert: 4,
  contest: 2,
  claim: 4,
  claimKnown: 1,
  rescue: 3,
  settle: 6,
  renew: 1,
  change: 2,
  cancel: 1,
  retry: 1,
  append: 1,
  read: 2,
  remove: 0.5,
};
