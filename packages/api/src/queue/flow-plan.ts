import { Type } from "typebox";
import { suggest } from "../check/nearest.ts";
import { validator } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import { refuseCircle } from "../store/cycles.ts";
import { type JobInput, placeOf } from "../store/job-input.ts";
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
  id: string;
  readonly children: TreeIds[];
}

/** What a flow is made of, before it is stored. */
export interface FlowPlan<Shape> {
  readonly inputs: readonly JobInput[];
  /** Ids that were made for this flow, so that no other job can have them. */
  readonly made: ReadonlySet<string>;
  /** The ids, one for each input. They may change yet: where a unique key is held, the holder's comes in their place. */
  readonly nodes: readonly { id: string }[];
  /** The same nodes in the form in which the flow was given. */
  readonly shape: Shape;
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
  const nodes: TreeIds[] = [];
  // Without recursion, since a tree may be as deep as a call is long.
  const path = [visit(tree, "")];
  const onPath = new Set<unknown>([tree]);
  for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
    const { node, place, children } = last;
    const child = node.children?.[children.length];
    if (child !== undefined) {
      const inside = `${place}children.${children.length}.`;
      if (onPath.has(child)) throw new QueueError("INVALID", `${SUBJECT}: \`${inside.slice(0, -1)}\` contains itself.`);
      onPath.add(child);
      path.push(visit(child, inside));
      continue;
    }
    const { id, input } = planner.name(node);
    planner.add(
      input,
      children.map((one) => one.id),
    );
    path.pop();
    onPath.delete(node);
    const shape = { id, children };
    nodes.push(shape);
    path.at(-1)?.children.push(shape);
  }
  return { inputs: planner.inputs, made: planner.made, nodes, shape: nodes.at(-1) ?? { id: "", children: [] } };
}

/** Plans jobs that go by names. @throws QueueError `INVALID` naming the job, also when they wait for each other in a circle. */
export function planGraph(graph: unknown, types: JobTypes): FlowPlan<ReadonlyMap<string, { readonly id: string }>> {
  validateGraph(graph, SUBJECT);
  const steps = new Map(Object.entries((graph as { readonly jobs: Record<string, GraphNode> }).jobs));
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
  refuseCircle(after, SUBJECT);
  const planner = new Planner(types);
  const named = new Map([...steps].map(([name, step]) => [name, planner.name(step)]));
  for (const [name, { input }] of named) {
    planner.add(
      input,
      (after.get(name) ?? []).flatMap((other) => named.get(other)?.id ?? []),
    );
  }
  const shape = new Map([...named].map(([name, { id }]) => [name, { id }]));
  return { inputs: planner.inputs, made: planner.made, nodes: [...shape.values()], shape };
}

function visit(node: unknown, place: string): { node: TreeNode; place: string; children: TreeIds[] } {
  validateTree(node, place === "" ? SUBJECT : `${SUBJECT}, ${place.slice(0, -1)}`);
  return { node: node as TreeNode, place, children: [] };
}
