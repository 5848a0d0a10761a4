/** The powers of ten from the first to the last of these values, for a logarithmic axis: finer marks would be a thicket. */
export function decades(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, n) => 10 ** (first + n));
  // Between two powers there would be nothing to read off.
  const marks = high / low < 20 ? powers.flatMap((power) => [power, 2 * power, 5 * power]) : powers;
  const shown = marks.filter((mark) => mark >= low * 0.999 && mark <= high * 1.001);
  if (shown.length > 1) return shown;
  return [...new Set([low, Math.sqrt(low * high), high].map((value) => Number(value.toPrecision(2))))];
}
