import { type Adapter, createAdapter, Store, type StoreOptions } from "@anyqueue/api";

/** A memory adapter, loaded as `openQueue` loads it. */
export function memory(): Promise<Adapter> {
  return createAdapter("memory:");
}

/** The same adapter with some verbs replaced; the real ones are reached through the adapter that was passed in. */
export function decorate(adapter: Adapter, verbs: Partial<Adapter>): Adapter {
  return new Proxy(adapter, {
    get(target, name) {
      const own: unknown = Object.hasOwn(verbs, name) ? verbs[name as keyof Adapter] : undefined;
      const value: unknown = own ?? Reflect.get(target, name, target);
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });
}

/** An open store over a memory adapter with some verbs replaced. */
export async function openStore(
  verbs: (adapter: Adapter) => Partial<Adapter> = () => ({}),
  options: StoreOptions = {},
): Promise<Store> {
  const adapter = await memory();
  const store = new Store(decorate(adapter, verbs(adapter)), options);
  await store.open();
  return store;
}

/** Lets the first calls through to their effect, and loses their replies. */
export function losing(replies: number): <T>(call: () => Promise<T>) => Promise<T> {
  let left = replies;
  return async (call) => {
    const answer = await call();
    if (left-- > 0) throw new Error("The connection was lost.");
    return answer;
  };
}
