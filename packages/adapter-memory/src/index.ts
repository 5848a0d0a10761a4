export { backend, memory } from "./backend.ts";
export { MemoryAdapter } from "./memory-adapter.ts";
export { MemoryOptions } from "./options.ts";
export type { SnapshotOptions } from "./options.ts";
