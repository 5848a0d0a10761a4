export { MAX_VALUE_BYTES } from "./check-json.ts";
export { MAX_PREDICATE_DEPTH, type Where } from "./check-predicate.ts";
export * from "./schemas.ts";
export { validator } from "./validator.ts";
