import { install } from "./on-demand.ts";
import type { LeftOut } from "./result.ts";
import type { Plan, Scenario } from "./scenario.ts";
import { throughput } from "./scenarios/throughput.ts";
import type { Servers } from "./start-servers.ts";
import type { Subject } from "./subject.ts";

/** A scenario with those it is measured on: one at least. */
interface Task {
  readonly scenario: Scenario;
  readonly suited: readonly Subject[];
}

/** Of what is wanted, what is measured on this machine, and what cannot be, with the reasons. */
export async function findTasks(
  wanted: readonly Scenario[],
  candidates: readonly Subject[],
  plan: Plan,
  { about, missing }: Pick<Servers, "about" | "missing">,
): Promise<{ subjects: Subject[]; tasks: Task[]; leftOut: LeftOut[] }> {
  const available: Subject[] = [];
  const tasks: Task[] = [];
  const leftOut: LeftOut[] = [];
  for (const subject of candidates) {
    const reason = await hindranceOf(subject, missing);
    if (reason) leftOut.push({ what: subject.name, ...reason });
    else available.push(subject);
  }
  for (const scenario of wanted) {
    const suited = suitedTo(scenario, available, plan);
    if (suited.length > 0) tasks.push({ scenario, suited });
    else leftOut.push({ what: `the scenario ${scenario.name}`, ...whyNobody(scenario, candidates, missing) });
    const because = suited.length > 0 ? scenario.lacks?.(about) : undefined;
    if (because !== undefined)
      leftOut.push({ what: `the count of statements in ${scenario.name}`, because, server: "postgres" });
  }
  const subjects = available.filter((subject) => tasks.some(({ suited }) => suited.includes(subject)));
  return { subjects, tasks, leftOut };
}

type Reason = Omit<LeftOut, "what">;

/** Why a subject cannot be measured on this machine; undefined when it can. */
async function hindranceOf({ server, library }: Subject, missing: Servers["missing"]): Promise<Reason | undefined> {
  const nowhere = server && missing[server];
  if (nowhere !== undefined) return { because: nowhere, server };
  const because = library && (await install(library));
  return because === undefined ? undefined : { because };
}

function whyNobody(scenario: Scenario, candidates: readonly Subject[], missing: Servers["missing"]): Reason {
  const fitting = candidates.filter((subject) => scenario.suits(subject));
  const { server } = fitting.find((each) => each.server && missing[each.server]) ?? {};
  if (server !== undefined) return { because: missing[server] ?? "", server };
  return {
    because:
      fitting.length === 0
        ? "it suits none of the subjects"
        : "those that it suits are left out as well, or in a smoke run it only in their safest durability",
  };
}

/** A smoke sees that everything runs. That our backends do in their weaker durabilities, one scenario shows. */
function suitedTo(scenario: Scenario, subjects: readonly Subject[], { smoke }: Plan): Subject[] {
  const isSpared = ({ isVariant = false }: Subject): boolean => smoke && scenario !== throughput && isVariant;
  return subjects.filter((subject) => scenario.suits(subject) && !isSpared(subject));
}
