import type { Adapter } from "@anyqueue/api";
import { decorate } from "../decorate.ts";
import { type Call, instant, type Verb, VERBS } from "./call.ts";
import { errorText } from "./error-text.ts";

/**
 * An adapter that answers as the given one does, and notes every call in `calls` at its beginning and again at its end.
 * Arguments and answers are kept as they are, not copied, so whoever changes them changes the record.
 */
export function record(adapter: Adapter, client: string, calls: Call[]): Adapter {
  const noting = (verb: Verb) => {
    const run = adapter[verb] as (...request: unknown[]) => Promise<unknown>;
    return async (...request: unknown[]): Promise<unknown> => {
      const call: Call = { client, verb, request, begin: instant(), end: null };
      calls.push(call);
      try {
        const answer = await run.apply(adapter, request);
        call.answer = answer;
        return answer;
      } catch (error) {
        call.error = errorText(error);
        throw error;
      } finally {
        call.end = instant();
      }
    };
  };
  return decorate(adapter, Object.fromEntries(VERBS.map((verb) => [verb, noting(verb)])) as Partial<Adapter>);
}
