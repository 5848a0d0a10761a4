export { type AddOptions } from "./add-options.ts";
export { type Added, type AddManyOptions } from "./adder.ts";
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
export { type AddOutcome } from "./coalescer.ts";
export {
  type AddedGraph,
  type AddedTree,
  type ExistingFlow,
  type FlowGraph,
  type FlowIds,
  type FlowTree,
} from "./flow.ts";
export { type InTransaction } from "./in-transaction.ts";
export { type KeepOptions, type LaneKeepOptions } from "./keep-options.ts";
export { Lane, type LaneOptions, type RateOptions } from "./lane.ts";
export { type MoveOptions, type MoveOutcome } from "./mover.ts";
export { Operations, type PruneOptions } from "./operations.ts";
export {
  type CancelCount,
  type CancelOutcome,
  type RetryManyOptions,
  type RetryOptions,
  type RetryOutcome,
} from "./operator.ts";
export { type PaceOptions } from "./pace.ts";
export { type JobSelection } from "./selection.ts";
export { type UniqueOptions } from "./unique.ts";
export { type AddRequest } from "./job-types.ts";
export { Queue, type QueueOptions } from "./queue.ts";
export { StateMachine } from "./state-machine.ts";
export { Receipt } from "./receipt.ts";
export { type ReceiveOptions } from "./receiver.ts";
export { JobFailedError } from "./results.ts";
