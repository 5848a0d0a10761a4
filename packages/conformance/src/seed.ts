/** The seed of the random cases: `ANYQUEUE_CONFORMANCE_SEED` to repeat a run, otherwise a new one. */
export function defaultSeed(): number {
  const given = Number(process.env["ANYQUEUE_CONFORMANCE_SEED"]);
  return Number.isInteger(given) && given > 0 ? given : 1 + Math.floor(Math.random() * 2 ** 30);
}
