import { errorText } from "./history/error-text.ts";

/** What a function of the fixture threw: none of the adapter's answers, so it is told by the name of that function. */
export function fixtureError(name: string, error: unknown): Error {
  return new Error(`\`${name}\` of the fixture threw ${errorText(error)}`, { cause: error });
}

/** Calls a function of the fixture, whose errors are told as such. */
export async function askFixture<T>(name: string, run: () => Promise<T> | T): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw fixtureError(name, error);
  }
}
