import fc, { type Arbitrary } from "fast-check";

/** One of several, each as often as its number says; 0 is never. */
export function weighted<K extends string, T>(
  weights: Readonly<Record<K, number>>,
  of: Readonly<Record<K, Arbitrary<T>>>,
): Arbitrary<T> {
  const names = (Object.keys(of) as K[]).filter((name) => weights[name] > 0);
  return fc.oneof(...names.map((name) => ({ arbitrary: of[name], weight: weights[name] }))) as Arbitrary<T>;
}

/** True with this chance, in percent. */
export function chance(percent: number): Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 99 }).map((n) => n < percent);
}

/** Fields of an object, each there with its chance, in percent. */
export type Fields = Readonly<Record<string, readonly [percent: number, value: Arbitrary<unknown>]>>;

/** An object with some of the fields. */
export function some(fields: Fields): Arbitrary<Readonly<Record<string, unknown>>> {
  const drawn = Object.entries(fields).map(([name, [percent, value]]) =>
    percent <= 0
      ? fc.constant([name, undefined] as const)
      : fc.tuple(chance(percent), value).map(([isThere, given]) => [name, isThere ? given : undefined] as const),
  );
  return fc.tuple(...drawn).map((pairs) => Object.fromEntries(pairs.filter(([, value]) => value !== undefined)));
}

/** One of these. */
export const one = fc.constantFrom;

/** A place in a list whose length is not known yet; it is counted round. */
export const nth = fc.nat(999);
