import type { Backend } from "@anyqueue/api";
import { MemoryAdapter } from "./memory-adapter.ts";
import { MemoryOptions } from "./options.ts";

/** A queue in the memory of this process: `openQueue(memory())`, the same as `openQueue("memory:")`. */
export function memory(options: MemoryOptions = {}): MemoryAdapter {
  return new MemoryAdapter(options);
}

/** How `openQueue` finds this package. URLs are `memory:` and `memory:?snapshot=<file>&every=<duration>`. */
export const backend: Backend = {
  name: "memory",
  options: MemoryOptions,
  fromUrl(_address, { snapshot, every, ...rest }) {
    if (snapshot === undefined) return every === undefined ? rest : { ...rest, every };
    return { ...rest, snapshot: { path: snapshot, ...(every !== undefined && { every }) } };
  },
  create: (options: MemoryOptions) => new MemoryAdapter(options),
};
