import { suggest } from "../check/nearest.ts";
import { show } from "../check/validator.ts";
import type { InsertOutcome } from "../contract/insert.ts";
import { QueueError } from "../errors.ts";
import type { JobInput } from "../store/job-input.ts";
import { type AddOptions, jobInput } from "./add-options.ts";
import { checkAddRequest } from "./call-options.ts";
import type { Catalog, PayloadInput, TypeOf } from "./catalog.ts";
import { checkCatalog } from "./check-catalog.ts";
import type { Added } from "./queue.ts";
import { schemaCheck } from "./schema-check.ts";

/** A job to add, for `addMany`. */
export interface AddRequest<C extends Catalog, T extends TypeOf<C> = TypeOf<C>> {
  readonly type: T;
  readonly payload: PayloadInput<C, T>;
  readonly options?: AddOptions;
}

/** What is known of the types of jobs: it checks payloads and results, and fills in what a type's definition says. */
export class JobTypes {
  readonly #catalog: Catalog | undefined;

  constructor(catalog: Catalog | undefined) {
    if (catalog) checkCatalog(catalog);
    this.#catalog = catalog;
  }

  /** The job to insert. @throws QueueError `INVALID` naming the type, field or option at fault. */
  input(type: string, payload: unknown, options: AddOptions | undefined): JobInput {
    if (typeof type !== "string")
      throw new QueueError("INVALID", `Cannot add a job: its type must be a string, not ${show(type)}.`);
    const catalog = this.#catalog;
    if (!catalog) return jobInput(type, payload, undefined, options);
    const definition = Object.hasOwn(catalog, type) ? catalog[type] : undefined;
    if (!definition) {
      throw new QueueError(
        "INVALID",
        `Cannot add a ${type} job: there is no such type. ${suggest(type, Object.keys(catalog))}`,
      );
    }
    const checked = definition.payload ? schemaCheck(definition.payload)(payload, `Cannot add a ${type} job`) : payload;
    return jobInput(type, checked, definition, options);
  }

  /** The jobs to insert. */
  inputs(jobs: unknown): JobInput[] {
    if (!Array.isArray(jobs)) throw new QueueError("INVALID", "Cannot add jobs: give a list of { type, payload }.");
    return (jobs as readonly AddRequest<Catalog>[]).map((job, i) => {
      checkAddRequest(job, `Cannot add job ${i}`);
      return this.input(job.type, job.payload, job.options);
    });
  }

  /** A handler's result as its type's schema makes it. @throws QueueError `INVALID` naming the field at fault. */
  checkResult(type: string, result: unknown): unknown {
    const catalog = this.#catalog;
    const schema = catalog && Object.hasOwn(catalog, type) ? catalog[type]?.result : undefined;
    return schema ? schemaCheck(schema)(result, `The result of ${type}`) : result;
  }
}

/** What `add` answers. @throws QueueError `LANE_FULL`. */
export function toAdded(type: string, outcome: InsertOutcome | undefined): Added {
  if (outcome?.status === "added") return { id: outcome.id, status: "added" };
  if (outcome?.status === "existing") return { id: outcome.id, status: "existing", job: outcome.job };
  throw new QueueError(
    "LANE_FULL",
    `Cannot add a ${type} job: its lane has no room left. Try again when some jobs are done.`,
  );
}
