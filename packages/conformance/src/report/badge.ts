import type { Report } from "./report.ts";

/** What `https://shields.io/badges/endpoint-badge` shows. */
export interface Badge {
  readonly schemaVersion: 1;
  readonly label: string;
  readonly message: string;
  readonly color: string;
}

/** A badge for a report: how many promises are kept, or broken, of those that apply. Only a whole run is worth one. */
export function badgeOf({ promises }: Report): Badge {
  const kept = promises.filter(({ verdict }) => verdict === "kept").length;
  const broken = promises.filter(({ verdict }) => verdict === "broken").length;
  const excused = promises.filter(({ verdict }) => verdict === "not applicable").length;
  const message = broken > 0 ? `${broken} of ${promises.length - excused} promises broken` : `${kept} promises kept`;
  return { schemaVersion: 1, label: "AnyQueue", message, color: broken > 0 ? "red" : "brightgreen" };
}

const COLOURS: Readonly<Record<string, string>> = { red: "#e05d44", brightgreen: "#4c1" };

/** The badge as an image of its own, for a page that asks nobody. */
export function badgeSvg({ label, message, color }: Badge): string {
  const left = widthOf(label);
  const right = widthOf(message);
  const text = (words: string, from: number, width: number): string =>
    `<text x="${from + width / 2}" y="14" textLength="${width - 10}">${words}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}: ${message}">
<title>${label}: ${message}</title>
<clipPath id="r"><rect width="${left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#555"/><rect x="${left}" width="${right}" height="20" fill="${COLOURS[color] ?? color}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">${text(label, 0, left)}${text(message, left, right)}</g>
</svg>
`;
}

/** About what Verdana of 11 pixels takes, with a margin; the text is then fitted into it. */
function widthOf(text: string): number {
  return Math.round(text.length * 6.6) + 10;
}
