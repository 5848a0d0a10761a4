import type { Backend } from "@anyqueue/api";
import { Type } from "typebox";
import { MyStoreAdapter, type MyStoreOptions } from "./my-store-adapter.ts";

/** What `registerBackend("my-store", () => import("anyqueue-adapter-my-store"))` makes known: `my-store:…` as a URL. */
export const backend: Backend = {
  name: "my-store",
  // A description completes the sentence "it must be …" of the error.
  options: Type.Object({ url: Type.String({ description: "where the store is" }) }, { additionalProperties: false }),
  fromUrl: (address, query) => ({ url: address, ...query }),
  create: (options: MyStoreOptions) => new MyStoreAdapter(options),
};
