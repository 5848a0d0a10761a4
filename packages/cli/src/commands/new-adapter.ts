import { readdir } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../failure.ts";
import { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import type { GlobalFlags } from "../session.ts";

interface Flags extends GlobalFlags {
  readonly dir?: string;
}

/** Backends that are there already. */
const TAKEN = ["memory", "sqlite", "postgres"];

/** `anyqueue new-adapter` */
export function newAdapterCommand(program: Command): void {
  program
    .command("new-adapter")
    .summary("begin an adapter for another store")
    .description(
      "Makes a package with an adapter of which the questions to the store and seven methods are to be written, and " +
        "with the conformance suite, which is red at once and tells promise by promise what is left.",
    )
    .argument("<name>", "what the backend is called: lower-case letters, digits and dashes, such as my-store")
    .option("--dir <folder>", "where to make it (default: anyqueue-adapter-<name>)")
    .addHelpText(
      "after",
      `
The tutorial, docs/writing-an-adapter.md, goes on from there.

Examples:
  $ anyqueue new-adapter my-store
  $ anyqueue new-adapter my-store --dir packages/queue-on-my-store`,
    )
    .action((name: string, _flags, command: Command) => run(name, command.optsWithGlobals()));
}

async function run(name: string, { dir = `anyqueue-adapter-${name}`, json = false }: Flags): Promise<void> {
  const { scaffold } = await import("../new-adapter/scaffold.ts");
  checkName(name);
  const folder = resolve(dir);
  await checkFolder(folder, dir);
  const files = await scaffold(name, folder);
  new Output(json).result({ name, folder, files }, text(dir, files));
}

function checkName(name: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 50) {
    throw new UsageError(
      `${name}: a backend is called by lower-case letters, digits and single dashes, at most 50 of them, beginning with a letter, such as my-store.`,
    );
  }
  if (TAKEN.includes(name)) throw new UsageError(`${name}: AnyQueue has a backend of this name. Choose another one.`);
}

/** What is there is not ours to write over. */
async function checkFolder(folder: string, dir: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new UsageError(
      error.code === "ENOTDIR" ? `${dir} is in the way: it is no folder.` : `${dir} cannot be read: ${error.message}`,
    );
  });
  if (found.length === 0) return;
  throw new UsageError(`${dir} is not empty. Name another folder with --dir, or remove this one first.`);
}

function text(dir: string, files: readonly string[]): string {
  const shown = printable(relative(process.cwd(), resolve(dir)) || ".");
  const enter = shown === "." ? [] : [`  cd ${shown}`];
  const steps = [
    ...enter,
    "  npm install",
    "  npm run conformance    # everything is red",
    "  npm test               # the same under vitest",
  ];
  return [
    `Made ${shown}:`,
    ...files.map((file) => `  ${file}`),
    "",
    "Next:",
    ...steps,
    "",
    "Then write what is left, in the order that README.md tells, with what is green after each step.",
  ].join("\n");
}
