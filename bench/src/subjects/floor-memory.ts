import type { Session, Subject } from "../subject.ts";

/** Plain arrays: what a queue in memory would cost if it promised nothing. */
export const floorMemory: Subject = {
  name: "floor memory",
  durability: "none",
  batching: "nothing",
  open: async (): Promise<Session> => {
    const jobs: { readonly payload: string }[] = [];
    let next = 0;
    const add = (n: number): void => void jobs.push({ payload: JSON.stringify({ n }) });
    return {
      add: async (n) => add(n),
      addMany: async (count, { first = 0 } = {}) => {
        for (let n = 0; n < count; n++) add(first + n);
      },
      drain: async (_single, ran = () => undefined) => {
        const first = next;
        for (; next < jobs.length; next++) {
          ran((JSON.parse(jobs[next]?.payload ?? "null") as { n: number }).n);
          await Promise.resolve();
        }
        return next - first;
      },
      close: async () => undefined,
    };
  },
};
