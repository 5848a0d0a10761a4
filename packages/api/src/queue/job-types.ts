import { suggest } from "../check/nearest.ts";
import { show } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import type { JobInput } from "../store/job-input.ts";
import { type Addition, type AddOptions, additionOf } from "./add-options.ts";
import { checkAddRequest } from "./call-options.ts";
import type { Catalog, JobDefinition, Payload, PayloadInput, TypeOf } from "./catalog.ts";
import { checkCatalog } from "./check-catalog.ts";
import { schemaCheck } from "./schema-check.ts";

/** A job to add, for `addMany`, typed by its own type. */
export type AddRequest<C extends Catalog, T extends TypeOf<C> = TypeOf<C>> = {
  [K in T]: {
    readonly type: K;
    readonly payload: PayloadInput<C, K>;
    readonly options?: AddOptions<Payload<C, K>>;
  };
}[T];

/** What is known of the types of jobs: it checks payloads and results, and fills in what a type's definition says. */
export class JobTypes {
  readonly #catalog: Catalog | undefined;

  constructor(catalog: Catalog | undefined) {
    if (catalog) checkCatalog(catalog);
    this.#catalog = catalog;
  }

  /** The job to add. @throws QueueError `INVALID` naming the type, field or option at fault. */
  addition(type: string, payload: unknown, options: AddOptions | undefined): Addition {
    if (typeof type !== "string")
      throw new QueueError("INVALID", `Cannot add a job: its type must be a string, not ${show(type)}.`);
    const definition = this.#definitionOf(type);
    const schema = definition?.payload;
    const checked = schema ? schemaCheck(schema)(payload, `Cannot add a ${type} job`) : payload;
    return withCheckedMerge(type, additionOf(type, checked, definition, options), definition);
  }

  /** The job to insert as part of a step that decides nothing about jobs there are. @throws QueueError `INVALID`. */
  input(type: string, payload: unknown, options: AddOptions | undefined, what: string): JobInput {
    const { input, coalescing } = this.addition(type, payload, options);
    if (!coalescing) return input;
    throw new QueueError(
      "INVALID",
      `Cannot add a ${type} job: ${what} changes no other job, so its \`unique.on\` cannot be "${coalescing.on}". Give it \`unique: { on: "keep" }\`.`,
    );
  }

  /** The jobs to add. */
  additions(jobs: unknown): Addition[] {
    return checkRequests(jobs).map((job) => this.addition(job.type, job.payload, job.options));
  }

  /** The jobs to insert as part of a step. */
  inputs(jobs: unknown, what: string): JobInput[] {
    return checkRequests(jobs).map((job) => this.input(job.type, job.payload, job.options, what));
  }

  /** A handler's result as its type's schema makes it. @throws QueueError `INVALID` naming the field at fault. */
  checkResult(type: string, result: unknown): unknown {
    const catalog = this.#catalog;
    const schema = catalog && Object.hasOwn(catalog, type) ? catalog[type]?.result : undefined;
    return schema ? schemaCheck(schema)(result, `The result of ${type}`) : result;
  }

  #definitionOf(type: string): JobDefinition | undefined {
    const catalog = this.#catalog;
    if (!catalog) return undefined;
    const definition = Object.hasOwn(catalog, type) ? catalog[type] : undefined;
    if (definition) return definition;
    throw new QueueError(
      "INVALID",
      `Cannot add a ${type} job: there is no such type. ${suggest(type, Object.keys(catalog))}`,
    );
  }
}

function checkRequests(jobs: unknown): readonly AddRequest<Catalog>[] {
  if (!Array.isArray(jobs)) throw new QueueError("INVALID", "Cannot add jobs: give a list of { type, payload }.");
  const requests = jobs as readonly AddRequest<Catalog>[];
  requests.forEach((job, i) => checkAddRequest(job, `Cannot add job ${i}`));
  return requests;
}

/** A merged payload has to fit its type too. A Standard Schema may turn what it takes into something that it does not take. */
function withCheckedMerge(type: string, addition: Addition, definition: JobDefinition | undefined): Addition {
  const { coalescing } = addition;
  const schema = definition?.payload;
  if (coalescing?.on !== "merge" || schema === undefined || "~standard" in schema) return addition;
  const fits = schemaCheck(schema);
  const check = (merged: unknown): unknown => fits(merged, `Cannot merge ${type} jobs`);
  return { ...addition, coalescing: { ...coalescing, check } };
}
