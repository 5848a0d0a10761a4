import type { PromiseNumber } from "../../src/case.ts";
import { cases } from "../../src/cases/index.ts";
import { faults } from "./index.ts";
import { provableCases } from "./proving.ts";
import { type FaultRecord, findersOf } from "./record.ts";

/** `FAULTS.md`: which case finds which fault, in both directions. */
export function renderFaults(record: FaultRecord): string {
  const promises = [...new Set(cases.map((subject) => subject.promise))].sort(byNumber);
  const sections = promises.map((promise) => section(record, promise));
  return `# Which case finds which fault

The suite is tested by ${faults.length} adapters, each of which is wrong on purpose in one way. Every fault is found by a
case of the promise that it breaks, and each of ${provableCases.length} cases finds at least one.

Written by \`npm run faults\`, which runs the faults against the cases of their promises. Cases that take long are tried
only until they have found one fault (\`npm run faults -- --all\` tries them all), so they may find more than is listed.
With the tests run ${record.proofs.length} of these pairs, which together show every fault found and every case of use.

${sections.join("\n\n")}
`;
}

function section(record: FaultRecord, promise: PromiseNumber): string {
  const own = cases.filter((subject) => subject.promise === promise);
  const broken = faults.filter((fault) => fault.promise === promise);
  const finders = broken.map((fault) => findersOf(record, fault));
  const caseLines = own.map((subject, i) => {
    const letters = finders.flatMap((found, n) => (found.includes(subject) ? [letter(n)] : []));
    const result = letters.length > 0 ? `finds ${letters.join(", ")}` : "has no subject among these";
    return `${i + 1}. ${subject.title}: ${result}`;
  });
  const faultLines = broken.map((fault, n) => {
    const numbers = own.flatMap((subject, i) => (finders[n]?.includes(subject) ? [i + 1] : []));
    return `- **${letter(n)}** ${fault.name}: found by ${numbers.join(", ")}`;
  });
  return [
    `## ${promise}`,
    `### Cases of ${promise}`,
    caseLines.join("\n"),
    `### Adapters that break ${promise}`,
    faultLines.join("\n"),
  ].join("\n\n");
}

/** a, b, …, z, aa, ab, … */
function letter(n: number): string {
  const last = String.fromCodePoint(97 + (n % 26));
  return n < 26 ? last : letter(Math.floor(n / 26) - 1) + last;
}

function byNumber(a: PromiseNumber, b: PromiseNumber): number {
  return Number.parseInt(a.slice(1), 10) - Number.parseInt(b.slice(1), 10) || a.length - b.length;
}
