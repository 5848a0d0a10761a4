import type { ErrorCode } from "@anyqueue/api";

/** What a complaint is recognised by, and how it is put to whoever runs the queue. */
export interface Reason {
  /** Beginnings of SQLSTATEs and of other error codes; for connecting, also of messages. */
  readonly signs: readonly string[];
  readonly code: ErrorCode;
  tell(about: About): string;
}

interface About {
  readonly server: string;
  readonly schema: string;
  /** The complaint in the words of whoever made it. It never contains a password. */
  readonly told: string;
}

/**
 * The complaints that a remedy is known for. The first that fits counts.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const REASONS: readonly Reason[] = [
  {
    signs: ["28", "SASL"],
    code: "INVALID",
    tell: ({ server, told }) =>
      `${server} refused the user (${told}). Correct the user and password in the URL, or the server's pg_hba.conf.`,
  },
  {
    signs: ["3D000"],
    code: "INVALID",
    tell: ({ server, told }) => `${server} has no such database (${told}). Create it, or name another one in the URL.`,
  },
  {
    signs: ["42501"],
    code: "INVALID",
    tell: ({ server, schema, told }) =>
      `The user may not do this on ${server} (${told}). The owner of the schema grants what workers need by ` +
      `SELECT ${schema}.grant_worker('user'); to create or migrate the store, a user needs CREATE on the database.`,
  },
  {
    signs: ["ENOTFOUND"],
    code: "UNAVAILABLE",
    tell: ({ server, told }) => `Cannot connect to ${server}: its host is not known (${told}). Correct the URL.`,
  },
  {
    signs: ["Cannot use a pool"],
    code: "CLOSED",
    tell: () => "The pool given has been ended. Close the queue first, then the pool.",
  },
  {
    signs: ["The server does not support SSL"],
    code: "INVALID",
    tell: ({ server }) => `${server} does not speak TLS. Say sslmode=disable in the URL, or set the server up for TLS.`,
  },
  {
    signs: ["DEPTH_ZERO", "SELF_SIGNED", "UNABLE_TO", "CERT_", "ERR_TLS", "self-signed", "unable to", "certificate"],
    code: "INVALID",
    tell: ({ server, told }) =>
      `The certificate of ${server} is not trusted (${told}). Name the authority with sslrootcert=… in the URL, or say ` +
      "sslmode=no-verify to go without this check.",
  },
  {
    signs: ["53300"],
    code: "UNAVAILABLE",
    tell: ({ server, told }) =>
      `${server} has no connection left (${told}). Raise its max_connections, or let the processes use fewer (\`connections\`).`,
  },
  {
    signs: ["53100"],
    code: "UNAVAILABLE",
    tell: ({ server }) => `The disk of ${server} is full. Nothing of this call was stored; make room and try again.`,
  },
  {
    signs: ["53"],
    code: "UNAVAILABLE",
    tell: ({ server, told }) => `${server} is short of resources (${told}). Nothing of this call was stored.`,
  },
  {
    signs: ["25006"],
    code: "UNAVAILABLE",
    tell: ({ server, told }) =>
      `${server} can only be read here (${told}): the transaction is READ ONLY, or the server a standby. Begin one that may ` +
      "write, or name the primary server in the URL.",
  },
  {
    signs: ["AQ003"],
    code: "INVALID",
    tell: () =>
      "Jobs with ids of your own are added in READ COMMITTED transactions only, since an older snapshot cannot tell which " +
      "of them have run. Begin the transaction so (or set default_transaction_isolation), or let AnyQueue make the ids.",
  },
  {
    signs: ["AQ004"],
    code: "INVALID",
    tell: ({ told }) =>
      `Cannot insert: jobs would depend on each other in a circle (${told}), and none of them could ever run. Nothing of ` +
      "this call was stored.",
  },
  {
    signs: ["25P02"],
    code: "INVALID",
    tell: () => "The transaction given has failed already. Roll it back and begin a new one.",
  },
  {
    signs: ["40"],
    code: "UNAVAILABLE",
    tell: ({ server, told }) =>
      `${server} undid this for the sake of another transaction (${told}). Nothing was stored; try the whole transaction again.`,
  },
  {
    signs: ["55P03", "57014"],
    code: "UNAVAILABLE",
    tell: ({ server, told }) =>
      `${server} gave it up (${told}). Nothing of this call was stored. Look for a transaction that stands idle, or raise ` +
      "the user's statement_timeout or lock_timeout.",
  },
  {
    signs: ["26000", "42P05"],
    code: "INVALID",
    tell: ({ server, told }) =>
      `A pooler in front of ${server} does not keep prepared statements (${told}). Set \`prepare\` to false.`,
  },
  {
    signs: ["3F000", "42P01", "42883", "42703", "42704"],
    code: "CORRUPT",
    tell: ({ server, schema, told }) =>
      `The schema ${schema} of ${server} is missing or not whole (${told}). Run anyqueue migrate, or name another \`schema\`.`,
  },
  {
    signs: ["XX001", "XX002"],
    code: "CORRUPT",
    tell: ({ server, told }) =>
      `${server} has damaged data (${told}). Nothing of this call was stored; stop the workers and restore it from a backup.`,
  },
  {
    signs: ["54"],
    code: "TOO_LARGE",
    tell: ({ server, told }) =>
      `A value is larger than ${server} can hold (${told}). Store it elsewhere and put a reference here.`,
  },
  {
    signs: ["22021", "22P05", "22P02", "22032", "22030"],
    code: "INVALID",
    tell: ({ server, told }) => `${server} cannot keep such a value (${told}). Nothing of this call was stored.`,
  },
];
