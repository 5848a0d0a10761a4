import type * as ObservablePlot from "@observablehq/plot";
import { install, load, type Package } from "../on-demand.ts";

/** Observable Plot draws into any document, and linkedom is one without a browser. */
const PLOT: Package = { name: "@observablehq/plot", version: "0.6.17", beside: { linkedom: "0.18.15" } };

/** The marks and scales, and what makes them SVG. */
export interface Plotting {
  readonly Plot: typeof ObservablePlot;
  /** An `<svg>` element as text. `label` is what a screen reader says of it. */
  readonly draw: (options: ObservablePlot.PlotOptions, label: string) => string;
}

/**
 * The plotting library: the project's own copy if it has one, else one that is installed on demand, since few who install
 * a queue want a report (docs/adr/0020). @throws Error that says what is missing.
 */
export async function loadPlotting(): Promise<Plotting> {
  const { Plot, linkedom } = await imported().catch(installed);
  const { document } = linkedom.parseHTML("<!doctype html><html><body></body></html>");
  return {
    Plot,
    draw(options, label) {
      const svg = Plot.plot({ ...options, document: document as never }) as unknown as Element;
      svg.setAttribute("role", "img");
      // In attributes linkedom escapes quotation marks and nothing else.
      svg.setAttribute("aria-label", label.replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
      return svg.outerHTML;
    },
  };
}

interface Library {
  readonly Plot: typeof ObservablePlot;
  readonly linkedom: { parseHTML(html: string): { readonly document: unknown } };
}

interface Element {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
}

async function imported(): Promise<Library> {
  const [Plot, linkedom] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  return { Plot, linkedom };
}

async function installed(): Promise<Library> {
  const hindrance = await install(PLOT);
  if (hindrance !== undefined) {
    throw new Error(
      `The report cannot be drawn: ${hindrance}. Keep the figures with --json, and draw them later with --from.`,
    );
  }
  return { Plot: await load(PLOT), linkedom: await load(PLOT, "linkedom") };
}
