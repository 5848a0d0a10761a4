import { type Unit, traitsOf } from "../units.ts";

/** A value as people read it, without its unit: `12,345`, `0.24`, `0.0031`. */
export function figure(value: number, unit: Unit): string {
  const { digits } = traitsOf(unit);
  const size = Math.abs(value);
  if (digits > 0 && size > 0 && size < 10 ** -digits) return value.toPrecision(2);
  return grouped(value, size >= 1000 ? 0 : size >= 100 ? Math.min(digits, 1) : digits);
}

/** A ratio with as many digits as matter: `0.0004`, `0.083`, `0.91`, `12.4`, `130`. */
export function ratioFigure(ratio: number): string {
  if (ratio > 0 && ratio < 0.01) return String(Number(ratio.toPrecision(1)));
  return grouped(ratio, ratio >= 100 ? 0 : ratio >= 10 ? 1 : ratio < 0.1 ? 3 : 2);
}

/** `0.034` as `±3 %`. */
export function spreadFigure(spread: number): string {
  return `±${Math.round(spread * 100)} %`;
}

/** A parameter: a number as people read it, a text as it is. */
export function parameterFigure(value: string | number): string {
  return typeof value === "number" ? grouped(value, Number.isInteger(value) ? 0 : 3) : value;
}

/** What an acknowledged job survives, as a heading says it. */
export const SURVIVES = {
  "power-loss": "survives a loss of power",
  crash: "survives a crash of the process, not a loss of power",
  snapshot: "survives up to the last snapshot",
  none: "survives nothing",
} as const;

/** The batching of a subject where it stands by itself, without a heading. */
export function together(batching: string): string {
  return batching === "none" ? "nothing travels together" : batching;
}

function grouped(value: number, digits: number): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
