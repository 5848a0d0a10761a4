import { printable } from "../printable.ts";
import type { PromiseReport, Report, Verdict } from "./report.ts";
import { cut } from "./lines.ts";
import { type Look, type Tone, toned } from "./style.ts";

const SHOWN: Readonly<Record<Verdict, { readonly mark: string; readonly word: string; readonly tone: Tone }>> = {
  kept: { mark: "✓", word: "kept", tone: "good" },
  broken: { mark: "✗", word: "BROKEN", tone: "bad" },
  doubtful: { mark: "?", word: "doubtful", tone: "bad" },
  "not applicable": { mark: "–", word: "not applicable", tone: "faint" },
  "partly run": { mark: "·", word: "partly run", tone: "faint" },
};

/** A remark that has no more room than this says nothing. */
const LEAST_REMARK = 24;

/** Every promise with its verdict, part by part. */
export function renderTable({ promises }: Report, look: Look): string {
  const names = Math.max(...promises.map(({ name }) => name.length));
  const words = Math.max(...promises.map(({ verdict }) => SHOWN[verdict].word.length));
  const cases = Math.max(...promises.map((each) => casesOf(each).length));
  const lines = promises.map((each) => {
    const { mark, word, tone } = SHOWN[each.verdict];
    const fixed = `${each.promise.padEnd(4)} ${each.name.padEnd(names)}  `;
    const counted = `${word.padEnd(words)}  ${casesOf(each).padStart(cases)}`;
    const room = look.width === undefined ? undefined : look.width - fixed.length - counted.length - 6;
    const remark = room !== undefined && room < LEAST_REMARK ? "" : cut(remarkOf(each), room);
    const shown = `${toned(tone, `${mark} `, look)}${fixed}${toned(tone, counted, look)}`;
    return { part: each.part, line: `  ${shown}${remark && `  ${toned("faint", remark, look)}`}`.trimEnd() };
  });
  const parts = [...new Set(promises.map(({ part }) => part))];
  return parts
    .flatMap((part) => [
      toned("strong", part, look),
      ...lines.filter((line) => line.part === part).map(({ line }) => line),
    ])
    .join("\n");
}

function casesOf({ passed, failed }: PromiseReport): string {
  return passed + failed === 0 ? "" : `${passed}/${passed + failed}`;
}

function remarkOf({ verdict, skipped, reason }: PromiseReport): string {
  if (reason === undefined) return "";
  if (verdict !== "kept" && verdict !== "partly run") return printable(reason);
  return `${skipped} ${verdict === "kept" ? "not applicable" : "left out"}: ${printable(reason)}`;
}
