export { MAX_BATCH_BYTES } from "./bounds.ts";
export { type ChangeInput } from "./change-input.ts";
export { refuseCircle } from "./cycles.ts";
export { type JobInput } from "./job-input.ts";
export { type ListInput, type PollInput } from "./poll-input.ts";
export { type RescueRequest } from "./rescuer.ts";
export { type CallReport, Store, type StoreOptions } from "./store.ts";
