import "../backends.ts";
import { type Adapter, createAdapter } from "@anyqueue/api";
import type { BackendChoice } from "../backend.ts";

/** How another process of the suite reaches the same store. */
export function connect(backend: BackendChoice): Promise<Adapter> {
  return createAdapter(backend);
}
