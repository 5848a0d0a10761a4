// Prints what failed and, as CI's last line, `N passed, N failed` over vitest's JSON reports. A report that cannot be
// read counts as one failure.
import { readFileSync } from "node:fs";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const reports = process.argv.slice(2).map(readReport);
const counts = reports.map(count);
const sum = (name: keyof (typeof counts)[number]): number => counts.reduce((total, each) => total + each[name], 0);
const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];

for (const failure of reports.flatMap(failures)) console.log(failure);
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

/** Each failed test, or file without one, with its file and message: a log is long, and its end is what is read first. */
function failures(report: Report): readonly string[] {
  return report.testResults.flatMap((file) => {
    const failed = file.assertionResults.filter((test) => test.status === "failed");
    if (failed.length === 0) return file.status === "failed" ? [`FAILED ${file.name}\n${file.message}`] : [];
    return failed.map((test) => `FAILED ${file.name}: ${test.fullName}\n${test.failureMessages.join("\n")}`);
  });
}

function readReport(path: string): Report {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch (error) {
    console.error(`Cannot read vitest's report: ${String(error)}`);
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  }
}
