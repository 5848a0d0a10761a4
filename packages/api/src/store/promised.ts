/**
 * What the call promises; what it throws before there is a promise becomes a rejection. An async function would do the
 * same, and cost several hundred bytes for each call.
 */
export function promised<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
