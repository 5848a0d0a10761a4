import type { Adapter } from "@anyqueue/api";
import type { Fixture } from "../../src/fixture.ts";
import { RemoteAdapter } from "./remote-adapter.ts";
import { NaiveServer } from "./server.ts";

/** How another process reaches a served store, and by which fault its handle is wrong. */
export type ServedOptions = { readonly port: number; readonly fault: string | null };

/** Opens naive stores that other processes reach too. Their handles may be broken on purpose, here and there alike. */
export function served(
  fault: string | null = null,
  breaking: (adapter: Adapter) => Adapter = (adapter) => adapter,
): Fixture {
  const opened = new WeakMap<Adapter, { readonly server: NaiveServer; readonly remote: RemoteAdapter }>();
  const handle = (server: NaiveServer): Adapter => {
    const remote = new RemoteAdapter(server.port);
    const adapter = breaking(remote);
    opened.set(adapter, { server, remote });
    return adapter;
  };
  const of = (adapter: Adapter) => {
    const known = opened.get(adapter);
    if (known === undefined) throw new Error("This adapter was made by another fixture.");
    return known;
  };
  return {
    name: "served",
    open: async () => handle(await NaiveServer.start()),
    reopen: (adapter) => handle(of(adapter).server),
    crash: (adapter) => of(adapter).remote.cut(),
    dispose: (adapter) => of(adapter).server.stop(),
    spawn: (adapter) => ({
      module: new URL("./connect.ts", import.meta.url).href,
      options: { port: of(adapter).server.port, fault } satisfies ServedOptions,
    }),
  };
}
