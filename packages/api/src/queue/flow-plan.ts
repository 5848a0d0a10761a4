import { Type } from "typebox";
import { MAX_JOBS } from "../check/schemas.ts";
import { suggest } from "../check/nearest.ts";
import { validator } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import { refuseCircle } from "../store/cycles.ts";
import { type JobInput, placeOf } from "../store/job-input.ts";
import { refuseTwins } from "../store/twins.ts";
import type { AddOptions } from "./add-options.ts";
import type { FlowIds } from "./flow.ts";
import type { JobTypes } from "./job-types.ts";

/** A job of a flow, of whatever type. */
interface Node {
  readonly type: string;
  readonly payload: unknown;
  readonly options?: AddOptions;
}

interface TreeNode extends Node {
  readonly children?: readonly TreeNode[];
}

interface GraphNode extends Node {
  readonly after?: readonly string[];
}

interface TreeIds {
  readonly id: string;
  readonly children: TreeIds[];
}

/** A job of a tree, on the way down to it. */
interface Visit {
  readonly node: TreeNode;
  readonly above: Visit | undefined;
  /** Which of the children above it is. */
  readonly place: number;
  readonly children: TreeIds[];
}

/** What a flow is made of, before it is stored. */
export interface FlowPlan<Added> {
  readonly inputs: readonly JobInput[];
  /** Ids that were made for this flow, so that no other job can have them. */
  readonly made: ReadonlySet<string>;
  /** What to answer once it is added. */
  readonly added: Added;
}

const SUBJECT = "Cannot add the flow";
const fields = {
  type: Type.String({ description: "a string" }),
  payload: Type.Unknown(),
  options: Type.Optional(Type.Object({}, { description: "an object of options" })),
};
const validateTree = validator(
  Type.Object(
    {
      ...fields,
      children: Type.Optional(Type.Array(Type.Unknown(), { description: "a list of jobs { type, payload }" })),
    },
    { additionalProperties: false, description: "a job { type, payload, options?, children? }" },
  ),
);
const validateStep = validator(
  Type.Object(
    {
      ...fields,
      after: Type.Optional(Type.Array(Type.String(), { description: "a list of names of jobs of this flow" })),
    },
    { additionalProperties: false, description: "a job { type, payload, options?, after? }" },
  ),
);
const validateGraph = validator(
  Type.Object(
    { jobs: Type.Object({}, { description: "an object of jobs by name" }) },
    { additionalProperties: false, description: "{ jobs: { name: { type, payload, after? } } }" },
  ),
);

/** Brings the jobs of a flow into the store's form, under ids that are known before they are stored. */
class Planner {
  readonly inputs: JobInput[] = [];
  readonly made = new Set<string>();
  readonly #types: JobTypes;

  constructor(types: JobTypes) {
    this.#types = types;
  }

  /** Names the job. What it depends on is said later, when the names of the others are known. */
  name({ type, payload, options }: Node): { readonly id: string; readonly input: JobInput } {
    const input = this.#types.input(type, payload, options, "a flow");
    const { id } = placeOf(input, SUBJECT);
    if (input.id === undefined) this.made.add(id);
    return { id, input: { ...input, id } };
  }

  add(input: JobInput, ids: readonly string[]): void {
    this.inputs.push(ids.length === 0 ? input : { ...input, dependsOn: [...ids, ...(input.dependsOn ?? [])] });
  }
}

/** Plans a tree: children before their parents, who depend on them. @throws QueueError `INVALID` naming the job. */
export function planTree(tree: unknown, types: JobTypes): FlowPlan<FlowIds> {
  const planner = new Planner(types);
  const visits: Visit[] = [];
  // Without recursion, since a tree may be as deep as a call is long.
  let last: Visit | undefined = visit(tree, undefined, 0);
  let root: TreeIds = { id: "", children: [] };
  const onPath = new Set<unknown>([tree]);
  let count = 1;
  while (last !== undefined) {
    const { node, above, children }: Visit = last;
    const child = node.children?.[children.length];
    if (child !== undefined) {
      last = visit(child, last, children.length);
      if (onPath.has(child)) throw new QueueError("INVALID", `${SUBJECT}: \`${nameOf(last)}\` contains itself.`);
      checkSize(++count);
      onPath.add(child);
      continue;
    }
    const { id, input } = planner.name(node);
    planner.add(
      input,
      children.map((one) => one.id),
    );
    visits.push(last);
    onPath.delete(node);
    root = { id, children };
    above?.children.push(root);
    last = above;
  }
  refuseTwins(planner.inputs, SUBJECT, (i) => nameOf(visits[i]));
  return { inputs: planner.inputs, made: planner.made, added: root };
}

/** Plans jobs that go by names. @throws QueueError `INVALID` naming the job, also when they wait for each other in a circle. */
export function planGraph(graph: unknown, types: JobTypes): FlowPlan<{ readonly ids: { [name: string]: string } }> {
  validateGraph(graph, SUBJECT);
  const steps = new Map(Object.entries((graph as { readonly jobs: Record<string, GraphNode> }).jobs));
  checkSize(steps.size);
  if (steps.size === 0) throw new QueueError("INVALID", `${SUBJECT}: \`jobs\` is empty. Name a job at least.`);
  const after = new Map<string, readonly string[]>();
  for (const [name, step] of steps) {
    validateStep(step, `${SUBJECT}, job ${name}`);
    after.set(name, step.after ?? []);
    const unknown = step.after?.find((other) => !steps.has(other));
    if (unknown === undefined) continue;
    throw new QueueError(
      "INVALID",
      `${SUBJECT}, job ${name}: \`after\` names ${JSON.stringify(unknown)}, which is no job of the flow. ${suggest(unknown, [...steps.keys()])}`,
    );
  }
  refuseCircle(after.keys(), (name) => after.get(name) ?? [], SUBJECT);
  const planner = new Planner(types);
  const named = new Map([...steps].map(([name, step]) => [name, planner.name(step)]));
  for (const [name, { input }] of named) {
    planner.add(
      input,
      (after.get(name) ?? []).flatMap((other) => named.get(other)?.id ?? []),
    );
  }
  const names = [...named.keys()];
  refuseTwins(planner.inputs, SUBJECT, (i) => names[i] ?? "");
  const ids = Object.fromEntries([...named].map(([name, { id }]) => [name, id]));
  return { inputs: planner.inputs, made: planner.made, added: { ids } };
}

function visit(node: unknown, above: Visit | undefined, place: number): Visit {
  const visit: Visit = { node: node as TreeNode, above, place, children: [] };
  try {
    validateTree(node, SUBJECT);
  } catch (error) {
    if (above === undefined) throw error;
    validateTree(node, `${SUBJECT}, ${nameOf(visit)}`);
  }
  return visit;
}

/** How a job of a tree is called in an error; made only then, since it grows with the depth. */
function nameOf(visit: Visit | undefined): string {
  const places: string[] = [];
  for (let each = visit; each?.above !== undefined; each = each.above) places.push(`children.${each.place}`);
  if (places.length === 0) return "the root";
  return `${places.length > 10 ? "…" : ""}${places.slice(0, 10).toReversed().join(".")}`;
}

function checkSize(count: number): void {
  if (count <= MAX_JOBS) return;
  throw new QueueError("TOO_LARGE", `${SUBJECT}: it has more than ${MAX_JOBS} jobs. Add it in several flows.`);
}
