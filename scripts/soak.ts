// `npm run soak [-- 2m]`: plays random cases that nobody has seen yet, for that long on each adapter. What they find is
// seldom about the latest change, so this is no part of `npm run check`, which plays the same ones each time.
import { Databases } from "./databases.ts";
import { runCommand } from "./run-command.ts";

const COMMAND = ["--conditions=@anyqueue/source", "packages/cli/src/main.ts", "conformance"];

const [time = "10m"] = process.argv.slice(2);
const databases = new Databases();
const failed: string[] = [];
try {
  // The naive adapter has its own idea of every verb and plays more than the others. It claims more than one process can show.
  await soak("naive", "packages/conformance/test/naive/fixture.ts", "--against", "memory");
  await soak("sqlite", "sqlite");
  await soak("postgres", await databases.create());
} finally {
  await databases.dispose();
}
if (failed.length > 0) console.error(`\nNot as it should be: ${failed.join(", ")}. Above is what to run again.`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function soak(name: string, ...subject: readonly string[]): Promise<void> {
  console.log(`\n=== ${name}, ${time}`);
  const outcome = await runCommand(process.execPath, [...COMMAND, ...subject, "--time", time]);
  if (outcome.status === "failed") failed.push(name);
}
