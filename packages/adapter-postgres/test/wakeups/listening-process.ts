import { Connection } from "../../src/connection.ts";
import { settingsOf } from "../../src/options.ts";
import { Wakeups } from "../../src/wakeups/wakeups.ts";

// A process that listens, hears one hint of another one, and has nothing more to do: it ends by itself, though it closes
// nothing.
const [url = "", schema = ""] = process.argv.slice(2);
const settings = settingsOf({ url, schema });
const [mine, theirs] = [new Wakeups(await parts()), new Wakeups(await parts())];
await mine.open();
const heard = new Promise<void>((resolve) => void mine.listen(() => resolve()).then(tell));
const waiting = setTimeout(() => process.exit(1), 30_000);
await heard;
clearTimeout(waiting);
process.stdout.write("heard\n");

async function parts() {
  return { connection: await Connection.open(settings), settings };
}

function tell(): void {
  theirs.tell(new Set(["a"]), new Set());
}
