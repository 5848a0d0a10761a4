import { sqlite } from "@anyqueue/adapter-sqlite";

// Opens the file named on the command line in a process of its own, and prints the error that comes of it.
const [path = ""] = process.argv.slice(2);
const error: unknown = await sqlite({ path })
  .open()
  .then(
    () => ({}),
    (reason: unknown) => reason,
  );
const { code, message } = error as { code?: string; message?: string };
process.stdout.write(JSON.stringify({ code, message }));
