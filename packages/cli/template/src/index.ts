export { backend } from "./backend.ts";
export { MyStoreAdapter, type MyStoreOptions } from "./my-store-adapter.ts";
