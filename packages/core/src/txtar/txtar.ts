// The txtar format: a text file that holds a tree of small text files, as Go's own test suites use it.
//
// Invariants:
// - Every text is a txtar archive: there are no syntax errors.
// - A file's text is empty or ends in a newline; reading and writing both add a missing one.
// - A line is a marker when it begins with `-- `, ends with ` --` and has a name between; space around the name is dropped.

import { trimSpace } from '../gotext/spaces.ts';

/** One file of a {@link TxtarArchive}. */
export interface TxtarFile {
  /** Slash-separated, never empty. */
  readonly name: string;
  /** Empty, or ends in a newline. */
  readonly data: string;
}

/** What a txtar text holds. */
export interface TxtarArchive {
  /** Everything before the first file. */
  readonly comment: string;
  /** In the order of the text. A name that occurs twice is listed twice. */
  readonly files: readonly TxtarFile[];
}

const markerStart = '-- ';
const markerEnd = ' --';

/**
 * Reads a txtar archive. Never fails: a text without markers is all comment.
 *
 * @example
 * ```ts
 * import { parseTxtar } from '@gomodkit/core/txtar';
 *
 * const { files } = parseTxtar('-- go.mod --\nmodule example.com/m\n');
 * console.log(files[0]?.name); // go.mod
 * ```
 */
export function parseTxtar(text: string): TxtarArchive {
  const files: TxtarFile[] = [];
  let comment = '';
  let name: string | undefined;
  let dataStart = 0;
  const finish = (end: number): void => {
    const data = withNewline(text.slice(dataStart, end));
    if (name === undefined) comment = data;
    else files.push({ name, data });
  };
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const next = newline < 0 ? text.length : newline + 1;
    const marked = text.startsWith(markerStart, at) ? markerName(text.slice(at, newline < 0 ? next : newline)) : '';
    if (marked !== '') {
      finish(at);
      name = marked;
      dataStart = next;
    }
    at = next;
  }
  finish(text.length);
  return { comment, files };
}

/**
 * Writes a txtar archive. The caller sees to it that no text contains a marker line and no name is empty: the format has no
 * way to escape them.
 */
export function formatTxtar(archive: TxtarArchive): string {
  const files = archive.files.map((file) => `${markerStart}${file.name}${markerEnd}\n${withNewline(file.data)}`);
  return withNewline(archive.comment) + files.join('');
}

/** The name in a line that begins with `-- `; empty when the line is no marker. */
function markerName(line: string): string {
  if (!line.endsWith(markerEnd) || line.length < markerStart.length + markerEnd.length) return '';
  return trimSpace(line.slice(markerStart.length, -markerEnd.length));
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
