import type { Subject } from "../subject.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import type { ServerKind } from "./server-kind.ts";

export type ServerName = NonNullable<Subject["server"]>;

/** Every kind of server that subjects ask for. */
export const kinds: Readonly<Record<ServerName, ServerKind>> = { postgres, redis };
