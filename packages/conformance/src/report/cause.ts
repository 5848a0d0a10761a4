import { firstLine } from "./verdicts.ts";

/** What differences from the model have in common that are of the same cause, most likely: the field that differs. */
export function differingField(reason: string | undefined): string | undefined {
  return / at `(?:[^`]*[.\]])?(\w+)`: /.exec(firstLine(reason))?.[1];
}
