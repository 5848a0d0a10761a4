export { type AddedDetails, type AddedOptions, type PartialPayload } from "./added.ts";
export { type Attempt, type AttemptOutcome, type IdleOptions, type Ran } from "./idle-options.ts";
export { openTestQueue, type TestQueueOptions } from "./open-test-queue.ts";
export { TestClock } from "./test-clock.ts";
export { TestQueue } from "./test-queue.ts";
