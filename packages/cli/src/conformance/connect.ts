import "../backends.ts";
import { type Adapter, type BackendConfig, createAdapter } from "@anyqueue/api";

/** How another process of the suite reaches the same store. */
export function connect(config: BackendConfig): Promise<Adapter> {
  return createAdapter(config);
}
