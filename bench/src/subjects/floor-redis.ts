import { payloadsOf, textOf } from "../jobs.ts";
import { redisClient } from "../servers/redis.ts";
import type { Session, Subject } from "../subject.ts";
import { batchFor, CLAIMED, drainBy, type Row, type Step, workBy } from "./claim-loop.ts";
import { at } from "./place.ts";

// Claimed jobs are kept under a number until they are done, so that they could be given back.
const FINISH_AND_CLAIM = `
  if ARGV[2] then redis.call('HDEL', KEYS[2], unpack(ARGV, 2)) end
  if ARGV[1] == '0' then return {} end
  local found = redis.call('LPOP', KEYS[1], ARGV[1]) or {}
  local claimed = {}
  for _, job in ipairs(found) do
    local number = redis.call('INCR', KEYS[3])
    redis.call('HSET', KEYS[2], number, job)
    claimed[#claimed + 1] = tostring(number)
    claimed[#claimed + 1] = job
  end
  return claimed`;

/** What Redis itself can do: a list of those that wait, a hash of those under way, one script for both. */
export const floorRedis: Subject = {
  name: "floor redis",
  kind: "floor",
  durability: "crash",
  batching: `adds pipelined, ${CLAIMED} claimed`,
  configuration: `adds in flight pipelined; ${CLAIMED} finished and the next ${CLAIMED} claimed by one script`,
  hasPriorities: false,
  server: "redis",
  ...at("prefix", connect),
};

async function connect(prefix: string): Promise<Session> {
  const client = await redisClient();
  const [waiting, active, number] = ["waiting", "active", "number"].map((key) => `${prefix}:${key}`) as [
    string,
    string,
    string,
  ];
  const step: Step = async (done, limit) => {
    const claimed = (await client.eval(FINISH_AND_CLAIM, 3, waiting, active, number, limit, ...done)) as string[];
    return Array.from({ length: claimed.length / 2 }, (_, n): Row => ({
      seq: claimed[2 * n] ?? "",
      payload: claimed[2 * n + 1] ?? "",
    }));
  };
  const add = (n: number, padding?: string): Promise<number> => client.rpush(waiting, textOf(n, padding));
  return {
    add,
    addAndWake: (n) => Promise.all([add(n), client.publish(prefix, "")]),
    addMany: (count, options) =>
      client.rpush(waiting, ...payloadsOf(count, options).map((payload) => JSON.stringify(payload))),
    drain: (ran, concurrency) => drainBy(step, batchFor(concurrency), ran),
    work: async (ran, finished) => {
      const worker = workBy(step, CLAIMED, ran, finished);
      const listener = await redisClient();
      listener.on("message", () => worker.wake());
      await listener.subscribe(prefix);
      return () => worker.stop().finally(() => listener.disconnect());
    },
    close: async () => client.disconnect(),
  };
}
