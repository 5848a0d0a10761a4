import type { Adapter } from "@anyqueue/api";
import type { Case } from "../../src/case.ts";
import { cases } from "../../src/cases/index.ts";
import type { Fixture } from "../../src/fixture.ts";
import { runCase } from "../../src/run-case.ts";
import { naive } from "../naive/fixture.ts";
import { NaiveAdapter, NaiveStore } from "../naive/naive-adapter.ts";
import { RemoteAdapter } from "../naive/remote-adapter.ts";
import { served } from "../naive/served.ts";
import type { Fault } from "./fault.ts";

/** Faults are found by the same random histories each time. */
const SEED = 1;

/** The cases of one process: those that a naive store can run. */
export const plainCases = cases.filter((subject) => isReady(subject, naive(), new NaiveAdapter(new NaiveStore())));

/** The cases that take a naive store which other processes reach. */
export const servedCases = cases.filter(
  (subject) => !plainCases.includes(subject) && isReady(subject, served(), new RemoteAdapter(0)),
);

/** The cases that can be proven at all, in the suite's order. */
export const provableCases: readonly Case[] = cases.filter(
  (subject) => plainCases.includes(subject) || servedCases.includes(subject),
);

/** The cases that may find a fault: all of its promise that can show it. */
export function casesFor(fault: Fault): readonly Case[] {
  const shown = fault.isBetweenProcesses ? servedCases : plainCases;
  return shown.filter((subject) => subject.promise === fault.promise);
}

/** What a case says about an adapter that has a fault, or about the right one; nothing if it finds nothing wrong. */
export async function finding(fault: Fault | null, subject: Case): Promise<unknown> {
  const breaking = (adapter: Adapter) => fault?.break(adapter) ?? adapter;
  const fixture = servedCases.includes(subject) ? served(fault?.name ?? null, breaking) : naive(breaking);
  const result = await runCase(fixture, subject, SEED);
  return result.outcome === "failed" ? result.error : undefined;
}

function isReady({ needs }: Case, fixture: Fixture, { capabilities }: NaiveAdapter | RemoteAdapter): boolean {
  return needs === undefined || needs(fixture, capabilities) === "ready";
}
