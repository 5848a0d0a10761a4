import { type Backend, QueueError } from "@anyqueue/api";
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
  fromUrl(address, { snapshot, every, ...rest }) {
    if (address !== "") {
      throw new QueueError(
        "INVALID",
        `A memory queue has no address, so \`${address}\` means nothing. Use memory: or memory:?snapshot=<file>.`,
      );
    }
    if (snapshot === undefined) return every === undefined ? rest : { ...rest, every };
    return { ...rest, snapshot: { path: snapshot, ...(every !== undefined && { every }) } };
  },
  create: (options: MemoryOptions) => new MemoryAdapter(options),
};
