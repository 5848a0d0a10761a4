import { redisUrl } from "../servers/redis.ts";

/** Why a subject on Redis cannot be measured. */
export async function redisHindrance(): Promise<string | undefined> {
  return redisUrl() === undefined ? "there is no redis-server on this machine" : undefined;
}
