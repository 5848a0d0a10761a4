export { type AddOptions } from "./add-options.ts";
export {
  type BackoffOptions,
  type Catalog,
  defineJobs,
  type JobDefinition,
  type Payload,
  type PayloadInput,
  type Result,
  type ResultInput,
  type Schema,
  type TypedJob,
  type TypeOf,
} from "./catalog.ts";
export { EventStream, type EventStreamOptions, type StreamedEvent } from "./event-stream.ts";
export { type Handler, type Handlers } from "./handlers.ts";
export { backendByName, registerBackend } from "./backends.ts";
export { type BackendConfig, createAdapter, openQueue, planMigration, type TransactionOf } from "./open-queue.ts";
export { type CancelOutcome, type JobSelection, type RetryOptions, type RetryOutcome } from "./operator.ts";
export { type AddRequest } from "./job-types.ts";
export { type Added, type InTransaction, Queue, type QueueOptions } from "./queue.ts";
export { StateMachine } from "./state-machine.ts";
export { Receipt } from "./receipt.ts";
export { type ReceiveOptions } from "./receiver.ts";
export { JobFailedError } from "./results.ts";
