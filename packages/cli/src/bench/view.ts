import type { Writable } from "node:stream";
import {
  type BenchWatcher,
  headText,
  type Measurement,
  type ScenarioInfo,
  scenarioText,
  type Step,
} from "@anyqueue/bench";
import { progressOn } from "../output/progress.ts";
import { LiveFrame } from "./live-frame.ts";

/** What a person sees of a run while it goes on. Nothing is written while something is measured, but a note. */
export interface View extends BenchWatcher {
  note(text: string): void;
  /** Nothing more comes. */
  end(): void;
}

/**
 * Progress on one stream: where a person looks on, the table as it fills and a bar; where not, now and then a line.
 * Finished tables go to the other stream, if there is one.
 */
export function viewOn(progress: NodeJS.WriteStream, results: Writable | undefined): View {
  return progress.isTTY ? liveView(progress, results) : lineView(progress, results);
}

function liveView(stream: NodeJS.WriteStream, results: Writable | undefined): View {
  const frame = new LiveFrame(stream);
  const print = (text: string): void => {
    frame.clear();
    results?.write(`${text}\n\n`);
  };
  let table = "";
  let doing = "";
  let remark = "";
  const draw = (): void => frame.draw(table, [doing, remark].filter(Boolean).join("\n"));
  return {
    began(head, steps) {
      print(headText(head));
      frame.start(steps);
    },
    stepBegins(step) {
      doing = describe(step);
      draw();
    },
    stepEnded(_step, scenario, measurements) {
      table = scenarioText(scenario, measurements);
      frame.advance();
    },
    scenarioEnded(scenario, measurements) {
      print(scenarioText(scenario, measurements));
      table = "";
    },
    note(text) {
      remark = text;
      // Whoever asked for it looks at what becomes of it.
      draw();
    },
    end: () => frame.clear(),
  };
}

function lineView(stream: NodeJS.WriteStream, results: Writable | undefined): View {
  const progress = progressOn(stream);
  let done = 0;
  return {
    began(head, steps) {
      results?.write(`${headText(head)}\n`);
      progress.begin("Measuring", steps);
    },
    stepBegins: (step) => progress.update(done, describe(step)),
    stepEnded: () => void done++,
    scenarioEnded: (scenario: ScenarioInfo, measurements: readonly Measurement[]) =>
      void results?.write(`\n${scenarioText(scenario, measurements)}\n`),
    note: (text) => void stream.write(`${text}\n`),
    end: () => progress.end(),
  };
}

function describe({ scenario, subject, metrics, parameters, round }: Step): string {
  const what = [scenario, ...Object.values(parameters), ...(metrics.length === 1 ? metrics : [])].join(" ");
  return `${what}: ${subject}${round > 1 ? `, round ${round}` : ""}`;
}
