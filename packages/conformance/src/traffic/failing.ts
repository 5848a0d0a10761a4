import { type Adapter, QueueError } from "@anyqueue/api";
import { decorate } from "../decorate.ts";

/** How a call fails: it never reaches the store, or it takes effect and its answer is lost. */
export type Failure = "before" | "after";

/** The verbs that change what is stored, or take from it. */
export type FailingVerb = "insert" | "poll" | "cas" | "remove" | "append" | "configure";

/**
 * An adapter whose connection fails when `choose` says so, asked at each call with its number among those of its verb. What comes
 * to pass between the effect of a call and the loss of its answer is `meanwhile`.
 */
export function failing(
  adapter: Adapter,
  choose: (verb: FailingVerb, count: number) => Failure | undefined,
  meanwhile: () => Promise<void> = async () => {},
): Adapter {
  const guarded = <Args extends unknown[], Answer>(verb: FailingVerb, call: (...args: Args) => Promise<Answer>) => {
    let count = 0;
    return async (...args: Args): Promise<Answer> => {
      const failure = choose(verb, ++count);
      if (failure === "before") throw lost();
      const answer = await call(...args);
      if (failure === undefined) return answer;
      await meanwhile();
      throw lost();
    };
  };
  return decorate(adapter, {
    insert: guarded("insert", (...args: Parameters<Adapter["insert"]>) => adapter.insert(...args)),
    poll: guarded("poll", (...args: Parameters<Adapter["poll"]>) => adapter.poll(...args)),
    cas: guarded("cas", (...args: Parameters<Adapter["cas"]>) => adapter.cas(...args)),
    remove: guarded("remove", (...args: Parameters<Adapter["remove"]>) => adapter.remove(...args)),
    append: guarded("append", (...args: Parameters<Adapter["append"]>) => adapter.append(...args)),
    configure: guarded("configure", (...args: Parameters<Adapter["configure"]>) => adapter.configure(...args)),
  });
}

function lost(): QueueError {
  return new QueueError("UNAVAILABLE", "The connection was lost, as the case wants it. Try again.");
}
