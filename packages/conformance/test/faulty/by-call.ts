import type { JobQuery, LaneSettings, PollRequest, PollResult } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import type { Fault } from "./fault.ts";

/** Polls otherwise than it was told. */
export function polling(promise: Fault["promise"], name: string, change: (request: PollRequest) => PollRequest): Fault {
  return { promise, name, break: (adapter) => decorate(adapter, { poll: (request) => adapter.poll(change(request)) }) };
}

/** Answers a poll otherwise than it should. */
export function answered(
  promise: Fault["promise"],
  name: string,
  change: (result: PollResult, request: PollRequest) => PollResult,
): Fault {
  return {
    promise,
    name,
    break: (adapter) => decorate(adapter, { poll: async (request) => change(await adapter.poll(request), request) }),
  };
}

/** Lists otherwise than it was told. */
export function listing(promise: Fault["promise"], name: string, change: (query: JobQuery) => JobQuery): Fault {
  return { promise, name, break: (adapter) => decorate(adapter, { list: (query) => adapter.list(change(query)) }) };
}

/** Sets a lane otherwise than it was told. */
export function configuring(
  promise: Fault["promise"],
  name: string,
  change: (settings: LaneSettings) => LaneSettings,
): Fault {
  return {
    promise,
    name,
    break: (adapter) => decorate(adapter, { configure: (lane, settings) => adapter.configure(lane, change(settings)) }),
  };
}
