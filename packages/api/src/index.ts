export * from "./check/index.ts";
export * from "./contract/index.ts";
export * from "./errors.ts";
export * from "./policy/index.ts";
export * from "./queue/index.ts";
export * from "./semantics/index.ts";
export * from "./store/index.ts";
export * from "./worker/index.ts";
