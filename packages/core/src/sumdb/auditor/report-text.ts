// An audit's report for people.

import { formatHash } from '../tlog/hash.ts';
import type { AuditLogReport } from './audit.ts';

/** The report as text, with a line feed at its end. */
export function formatAuditReport(report: AuditLogReport): string {
  const { database, tree, from, records, tiles, unremembered, store, against, problems, problemCount } = report;
  const shown = tree === undefined ? 'no signed tree' : `${tree.size} records, root ${formatHash(tree.hash)}`;
  const lines = [
    `${database}: ${shown}`,
    `  read      ${records} records from number ${from} on, ${tiles} tiles`,
    ...(unremembered > 0n
      ? [`            ${unremembered} records were not compared with all others for second ones`]
      : []),
    ...(store === undefined
      ? []
      : [
          `  store     ${store.equal} equal, ${store.differing} differing, ${store.missing} missing in the log, ${store.extra} in the log only`,
          ...(store.unknown > 0 ? [`            ${store.unknown} of which records before ${from} may tell`] : []),
        ]),
    ...(against === undefined ? [] : [`  against   ${against.database}: ${againstText(against)}`]),
    ...problems.map(({ kind, message }) => `  ${kind}: ${message}`),
    ...(problemCount > problems.length ? [`  and ${problemCount - problems.length} more problems`] : []),
    problemCount === 0 ? 'verified' : `${problemCount} ${problemCount === 1 ? 'problem' : 'problems'} found`,
  ];
  const evidence = problems.flatMap((problem) => (problem.evidence === undefined ? [] : ['', problem.evidence]));
  return `${[...lines, ...evidence].join('\n')}\n`;
}

function againstText(against: NonNullable<AuditLogReport['against']>): string {
  const { same, size, equal, differing, unknown, skipped } = against;
  if (same) return `the same log, there with ${size ?? 'no'} records`;
  return `${equal} equal, ${differing} differing, ${unknown} not there, ${skipped} private and not asked for`;
}
