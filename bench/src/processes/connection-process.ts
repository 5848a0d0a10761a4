// A process whose clients use one adapter at once; tells at the end what they did.
import type { Account, Assignment } from "./connection-messages.ts";
import { joinStoreAdapter } from "./join-store.ts";
import { Traffic } from "./traffic.ts";

const { subject, address, process: number, connections, seconds } = JSON.parse(process.argv[2] ?? "") as Assignment;
process.on("disconnect", () => process.exit());
const adapter = await joinStoreAdapter(subject, address, connections);

process.once("message", () => {
  void work();
});
process.send?.("ready");

async function work(): Promise<void> {
  const account = await new Traffic(adapter, `p${number}`).run(connections, seconds);
  await adapter.close();
  process.send?.(account satisfies Account, () => process.disconnect());
}
