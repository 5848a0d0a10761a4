import type { CustomTypesConfig } from "pg";

/**
 * Numbers as numbers, booleans as booleans, everything else (also JSON) as the text that the server sends. It goes with
 * each statement, so that neither the application's `pg.types` matter to us nor ours to it.
 */
export const PLAIN_VALUES = { getTypeParser: (type: number) => PARSERS.get(type) ?? asText } as CustomTypesConfig;

const BOOLEAN = 16;
const NUMBERS = { int8: 20, int2: 21, int4: 23, float4: 700, float8: 701 };

const PARSERS = new Map<number, (text: string) => unknown>([
  [BOOLEAN, (text) => text === "t"],
  // An int8 beyond 2^53 is no counter or time of ours.
  ...Object.values(NUMBERS).map((type) => [type, Number] as const),
]);

function asText(text: string): string {
  return text;
}
