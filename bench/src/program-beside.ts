import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** The path of a program in the folder of a module, given by its `import.meta.url`; in source as in the build. */
export function programBeside(name: string, module: string): string {
  return fileURLToPath(new URL(`${name}${extname(fileURLToPath(module))}`, module));
}
