import type { Adapter } from "@anyqueue/api";

/** An adapter that answers as another one does, apart from the verbs that are given. */
export function decorate(adapter: Adapter, changed: Partial<Adapter>): Adapter {
  return {
    name: adapter.name,
    // Valid once `open` has returned, so it is read when it is asked for.
    get capabilities() {
      return adapter.capabilities;
    },
    open: () => adapter.open(),
    close: () => adapter.close(),
    insert: (jobs, at) => adapter.insert(jobs, at),
    poll: (request) => adapter.poll(request),
    cas: (changes, at) => adapter.cas(changes, at),
    get: (ids) => adapter.get(ids),
    list: (query) => adapter.list(query),
    remove: (query) => adapter.remove(query),
    append: (entries, at) => adapter.append(entries, at),
    events: (query) => adapter.events(query),
    lanes: (query) => adapter.lanes(query),
    configure: (lane, settings) => adapter.configure(lane, settings),
    subscribe: (wake) => adapter.subscribe(wake),
    ...changed,
  };
}
