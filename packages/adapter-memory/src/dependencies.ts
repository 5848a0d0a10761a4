import { fateOf } from "@anyqueue/api";
import type { Entry } from "./entry.ts";

/** What becomes of a blocked job. */
export interface Verdict {
  readonly entry: Entry;
  readonly to: "waiting" | "cancelled";
}

/** Who depends on whom, over all lanes (P20). Each dependency is looked at once when it ends, whoever else there is. */
export class Dependencies {
  /** The unfinished jobs that depend on a job, by the id of that job, be it there or not. */
  readonly #dependents = new Map<string, Set<Entry>>();
  /** What each blocked job still waits for. */
  readonly #missing = new Map<Entry, Set<string>>();

  /** Notes what an unfinished job depends on. */
  link(entry: Entry): void {
    for (const id of entry.job.dependsOn ?? []) {
      const dependents = this.#dependents.get(id);
      if (dependents) dependents.add(entry);
      else this.#dependents.set(id, new Set([entry]));
    }
  }

  /** Forgets a job that has ended or is gone. */
  unlink(entry: Entry): void {
    this.unblock(entry);
    for (const id of entry.job.dependsOn ?? []) {
      const dependents = this.#dependents.get(id);
      dependents?.delete(entry);
      if (dependents?.size === 0) this.#dependents.delete(id);
    }
  }

  /** Notes what a blocked job waits for. */
  block(entry: Entry, missing: Iterable<string>): void {
    this.#missing.set(entry, new Set(missing));
  }

  /** Forgets what a job waited for: it is blocked no more. */
  unblock(entry: Entry): void {
    this.#missing.delete(entry);
  }

  /** True while an unfinished job depends on this one; then its result may still be wanted. */
  isNeeded(id: string): boolean {
    return this.#dependents.has(id);
  }

  /** What a job waits for. */
  missingOf(entry: Entry): ReadonlySet<string> | undefined {
    return this.#missing.get(entry);
  }

  /** Tells a job's dependents that it came to this end, or is gone, and answers those that wait no longer. */
  judge(id: string, end: string | null): Verdict[] {
    const verdicts: Verdict[] = [];
    for (const entry of this.#dependents.get(id) ?? []) {
      const missing = this.#missing.get(entry);
      if (!missing?.has(id)) continue;
      const fate = fateOf(end, entry.job.onParent);
      if (fate === "cancel") verdicts.push({ entry, to: "cancelled" });
      if (fate !== "go on") continue;
      missing.delete(id);
      if (missing.size === 0) verdicts.push({ entry, to: "waiting" });
    }
    return verdicts;
  }
}
