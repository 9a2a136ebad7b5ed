// Judges the framing of git's protocol (gitprotocol-common, "pkt-line Format") before the library reads it.
//
// Invariants:
// - The library sees well-formed lines only, to the end: it takes a broken or cut-off list of refs for a shorter one.
// - Progress messages are dropped, and lines without content are few: it keeps everything that it is sent.
// - The contents of a pack are counted as they come.

import { concatBytes } from '../../../bytes/source.ts';
import { GoModKitError } from '../../../errors/error.ts';

/** How a body is judged. */
export interface PacketRules {
  /** Who sends it, for messages. */
  readonly what: string;
  /** Lines are in side-band (an answer with a pack): 1 data, 2 progress, 3 the server's last words. */
  readonly sideBand: boolean;
  /** Called for every piece of a pack; throws where there are too many bytes. */
  readonly onData?: ((bytes: number) => void) | undefined;
}

const maxEmpty = 1000;

/** The same body, without progress. Fails with `upstream_invalid` where the framing is broken or ends in the middle. */
export async function* packetLines(
  body: AsyncIterable<Uint8Array>,
  { onData, sideBand, what }: PacketRules,
): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array();
  let empty = 0;
  let last: 'flush' | 'line' | undefined;
  for await (const chunk of body) {
    const bytes = rest.length === 0 ? chunk : concatBytes([rest, chunk], rest.length + chunk.length);
    const kept: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const size = lineSize(bytes, at, what);
      if (size === undefined || at + Math.max(size, 4) > bytes.length) break;
      const line = bytes.subarray(at, at + Math.max(size, 4));
      at += line.length;
      last = size === 0 ? 'flush' : 'line';
      if (size <= 4 && ++empty > maxEmpty) throw broken(what, 'it sends empty lines without end');
      if (sideBand && line[4] === 2) continue;
      if (sideBand && line[4] === 1) onData?.(line.length - 5);
      kept.push(line);
    }
    rest = bytes.subarray(at);
    if (kept.length > 0)
      yield concatBytes(
        kept,
        kept.reduce((sum, { length }) => sum + length, 0),
      );
  }
  if (rest.length > 0 || last === undefined) throw broken(what, 'its answer ends in the middle');
  if (last !== 'flush') throw broken(what, 'its answer has no end');
}

/** Undefined while its digits have not all come. */
function lineSize(bytes: Uint8Array, at: number, what: string): number | undefined {
  if (at + 4 > bytes.length) return undefined;
  const digits = String.fromCharCode(...bytes.subarray(at, at + 4));
  const size = Number.parseInt(digits, 16);
  if (!/^[0-9a-fA-F]{4}$/.test(digits) || size === 3) throw broken(what, 'its answer is no protocol of git');
  return size;
}

function broken(what: string, why: string): GoModKitError {
  return new GoModKitError('upstream_invalid', `${what}: the server is broken: ${why}`);
}
