/**
 * Whether standard output is for programs, also where the command line is wrong and nothing else can be told of it: with
 * `--json`, unless it names a file, which only that of `bench` does.
 */
export function printsJson([command, ...args]: readonly string[]): boolean {
  if (command !== "bench") return [command, ...args].includes("--json");
  const at = args.indexOf("--json");
  return at >= 0 && (args[at + 1] ?? "-").startsWith("-");
}
