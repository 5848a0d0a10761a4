import type { Adapter } from "../contract/adapter.ts";
import type { At } from "../contract/insert.ts";

/** The same adapter, told by a clock of the caller's what time it is, with every call that does not say so itself. */
export function withClock<Tx>(adapter: Adapter<Tx>, now: () => number): Adapter<Tx> {
  const timed = (at: At<Tx> | undefined): At<Tx> => ({ now: now(), ...at });
  return {
    name: adapter.name,
    // Valid once `open` has returned, so it is read when it is asked for.
    get capabilities() {
      return adapter.capabilities;
    },
    open: () => adapter.open(),
    close: () => adapter.close(),
    insert: (jobs, at) => adapter.insert(jobs, timed(at)),
    poll: (request) => adapter.poll({ now: now(), ...request }),
    cas: (changes, at) => adapter.cas(changes, timed(at)),
    get: (ids) => adapter.get(ids),
    list: (query) => adapter.list({ now: now(), ...query }),
    remove: (query) => adapter.remove({ now: now(), ...query }),
    append: (entries, at) => adapter.append(entries, timed(at)),
    events: (query) => adapter.events(query),
    lanes: (query) => adapter.lanes({ now: now(), ...query }),
    configure: (lane, settings) => adapter.configure(lane, settings),
    subscribe: (wake) => adapter.subscribe(wake),
  };
}
