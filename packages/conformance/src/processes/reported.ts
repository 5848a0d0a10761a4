import type { Adapter } from "@anyqueue/api";
import { decorate } from "../decorate.ts";
import { instant, type Verb } from "../history/call.ts";
import { errorText } from "../history/error-text.ts";
import type { Answer } from "./messages.ts";

/** The verbs of the traffic. */
const REPORTED: readonly Verb[] = ["insert", "poll", "cas", "get", "remove", "append"];

/** Numbers the calls of a process. */
let calls = 0;

/**
 * An adapter that answers as the given one does, and tells of each call before it is made and after it was answered. A
 * call is not made before it was told, so that nothing happens that nobody knows of, whenever this process is killed.
 */
export function reported(adapter: Adapter, client: string, tell: (answer: Answer) => Promise<void>): Adapter {
  const reporting = (verb: Verb) => {
    const run = adapter[verb] as (...request: unknown[]) => Promise<unknown>;
    return async (...request: unknown[]): Promise<unknown> => {
      const place = calls++;
      await tell({ began: { client, verb, request, begin: instant(), end: null } });
      try {
        const answer = await run.apply(adapter, request);
        await tell({ place, ended: { end: instant(), answer } });
        return answer;
      } catch (error) {
        await tell({ place, ended: { end: instant(), error: errorText(error) } });
        throw error;
      }
    };
  };
  return decorate(adapter, Object.fromEntries(REPORTED.map((verb) => [verb, reporting(verb)])) as Partial<Adapter>);
}
