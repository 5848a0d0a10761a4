// Prints `N passed, N failed` over vitest's JSON reports: CI's last line. A report that cannot be read counts as one failure.
import { readFileSync } from "node:fs";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { status: string }[];
  }[];
}

const counts = process.argv.slice(2).map((path) => count(readReport(path)));
const sum = (name: keyof (typeof counts)[number]): number => counts.reduce((total, each) => total + each[name], 0);
const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function count(report: Report): { readonly passed: number; readonly failed: number; readonly skipped: number } {
  // A file that cannot even be loaded has no failed test in it, yet it has failed.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function readReport(path: string): Report {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch (error) {
    console.error(`Cannot read vitest's report: ${String(error)}`);
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  }
}
