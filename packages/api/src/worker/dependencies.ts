import type { Job, JobError } from "../contract/job.ts";
import type { Catalog, Result, TypeOf } from "../queue/catalog.ts";
import { MAX_LOOKED_AT } from "../queue/results.ts";
import type { Store } from "../store/store.ts";

/** A job that another one depends on, as it has ended (P20). */
export type Dependency<C extends Catalog = Catalog, T extends TypeOf<C> = TypeOf<C>> =
  | {
      [S in T]: {
        readonly id: string;
        readonly type: S;
        /** `completed`; otherwise only where `onParent` let the job go on all the same. */
        readonly state: string;
        /** Absent when it has none, also when it did not complete. */
        readonly result?: Exclude<Result<C, S>, undefined>;
        /** The error of its last failed attempt. */
        readonly error?: JobError;
      };
    }[T]
  /** It was removed, or never there. */
  | {
      readonly id: string;
      readonly type?: undefined;
      readonly state: "missing";
      readonly result?: undefined;
      readonly error?: undefined;
    };

/** What a job depends on, in the order in which it was named. */
export async function dependenciesOf(store: Pick<Store, "get">, job: Job): Promise<Dependency[]> {
  const ids = job.dependsOn ?? [];
  const found: Dependency[] = [];
  for (let start = 0; start < ids.length; start += MAX_LOOKED_AT) {
    const batch = ids.slice(start, start + MAX_LOOKED_AT);
    const jobs = await store.get(batch);
    batch.forEach((id, i) => {
      const one = jobs[i];
      if (!one) found.push({ id, state: "missing" });
      else found.push(described(one));
    });
  }
  return found;
}

function described({ id, type, state, result, error }: Job): Dependency {
  return { id, type, state, ...(result !== undefined && { result }), ...(error && { error }) };
}
