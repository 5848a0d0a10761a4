import type { Adapter } from "@anyqueue/api";
import { faults } from "../faulty/index.ts";
import { RemoteAdapter } from "./remote-adapter.ts";
import type { ServedOptions } from "./served.ts";

/** How another process of a case reaches a served store, as wrong as the case's own handle is. */
export function connect({ port, fault }: ServedOptions): Adapter {
  const remote = new RemoteAdapter(port);
  const known = faults.find((each) => each.name === fault);
  return known ? known.break(remote) : remote;
}
