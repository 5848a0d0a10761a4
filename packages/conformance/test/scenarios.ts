import { titleOf } from "../src/case.ts";
import { cases } from "../src/cases/index.ts";

/** The acceptance scenarios of the design. */
const numbers = range(1, 8).concat(
  range(10, 32),
  range(34, 45),
  range(47, 51),
  53,
  54,
  range(57, 69),
  range(71, 91),
  range(93, 97),
  99,
  range(101, 117),
  119,
  120,
);

/** Why a scenario has no case here. */
const elsewhere: Readonly<Record<number, string>> = {
  40: "optional: several stores behind one queue, of which one is unreachable; no adapter's business.",
  41: "optional: inserts spread over several stores; no adapter's business.",
  44: "optional: a status record of each running worker; a lease's holder, `updatedAt` and `payload` tell the same.",
  68: "how many receivers are blocked is known to the process that blocks, not to the store; the HTTP server will count.",
  73: "an option of the memory adapter's snapshot; its own tests have it.",
};

/** What a scenario's case leaves to others. */
const remarks: Readonly<Record<number, string>> = {
  20: "The suite checks that all events are kept; what an append costs is measured by the benchmark.",
  23: "Keys belong to a lane; the queue makes the type a part of each.",
  35: "A worker's own clock plays no part: the store's clock decides.",
  53: "By a handler that spawns, and by jobs that depend on others.",
  57: "Opening is the status; the HTTP route comes with the server.",
  74: "Acknowledged inserts and a killed process; damaged snapshot files are tested with the memory adapter.",
  76: "A lane's rate holds for starts, whoever asks; inserts are bounded by its capacity.",
  78: "Opening again; what a migration does is tested with each adapter.",
  103: "Times are epoch milliseconds of the store's clock; a session's time zone is tested with the Postgres adapter.",
};

/** `SCENARIOS.md`: which case stands for which scenario. */
export function renderScenarios(): string {
  const lines = numbers.map((number) => {
    const titles = cases.filter((subject) => subject.scenarios?.includes(`S${number}`)).map(titleOf);
    const reason = elsewhere[number];
    if (titles.length === 0) return `- **S${number}** no case: ${reason ?? "MISSING"}`;
    const remark = remarks[number];
    return [`- **S${number}**`, ...titles.map((title) => `  - ${title}`), ...(remark ? [`  - _${remark}_`] : [])].join(
      "\n",
    );
  });
  return `# Which case stands for which acceptance scenario

Written by \`test/scenarios.test.ts\`; \`npx vitest run packages/conformance/test/scenarios.test.ts -u\` writes it anew.

${lines.join("\n")}
`;
}

/** The scenarios that have neither a case nor a reason. */
export function forgottenScenarios(): readonly number[] {
  const named = new Set(cases.flatMap((subject) => subject.scenarios ?? []));
  return numbers.filter((number) => !named.has(`S${number}`) && elsewhere[number] === undefined);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
