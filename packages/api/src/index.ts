export * from "./contract/index.ts";
export * from "./errors.ts";
export * from "./semantics/index.ts";
