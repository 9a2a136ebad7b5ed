// The last line of .ci/run: the counts of every test run, summed from the runners' own JSON reports.
//
//   tsx scripts/sum-results.ts FOLDER
//
// A report that cannot be read, or no report at all, is a failure: a sum over nothing proves nothing.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
  /** One for each file. */
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

const folder = process.argv[2] ?? '';
const reports = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Report);
const sum = (count: (report: Report) => number): number => reports.reduce((total, report) => total + count(report), 0);

/** A file that fails before its first test counts as one failure, and so does what fails outside all files, or neither would show. */
function failures({ numFailedTests, testResults, success }: Report): number {
  const files = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  const seen = numFailedTests + files.length;
  return seen === 0 && !success ? 1 : seen;
}

const passed = sum((report) => report.numPassedTests);
const failed = sum(failures);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
