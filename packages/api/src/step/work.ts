/** What a store answers: at once, or later. */
export type Answer<T> = T | Promise<T>;

/**
 * A part of a step, to be run by `runSync` or `runAsync`. It is a generator that yields what a store answers and goes on
 * with it, so that it is written once for stores that answer at once and for those that answer later. A step on a store
 * that answers at once has no `await`, so in this process nothing can come between.
 */
export type Work<T> = Generator<Answer<unknown>, T, unknown>;

/** Waits for an answer: `const found = yield* ask(rows.byId(ids))`. */
export function* ask<T>(answer: Answer<T>): Work<T> {
  return (yield answer) as T;
}

/** Runs work on a store that answers at once. */
export function runSync<T>(work: Work<T>): T {
  let state = work.next();
  while (state.done !== true) state = work.next(state.value);
  return state.value;
}

/** Runs work on a store that answers later, one question after the other. */
export async function runAsync<T>(work: Work<T>): Promise<T> {
  let state = work.next();
  while (state.done !== true) {
    const { value } = state;
    state = await Promise.resolve(value).then(
      (answer) => work.next(answer),
      (error: unknown) => work.throw(error),
    );
  }
  return state.value;
}
