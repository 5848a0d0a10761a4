// Sidequest imports the file of its jobs by itself, and this is that file.
import type { Ran } from "../subject.ts";
import { load } from "../on-demand.ts";
import { SIDEQUEST } from "./sidequest-package.ts";

const { Job } = await load<{ Job: new () => object }>(SIDEQUEST);
let ran: Ran = () => undefined;

/** Tells to whom jobs are reported from now on. */
export function reportTo(listener: Ran): void {
  ran = listener;
}

export class Noop extends Job {
  async run(n: number): Promise<void> {
    ran(n);
  }
}
