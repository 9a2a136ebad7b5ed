// All of a commit's attribute files together: which conversion a path gets.
//
// Invariants:
// - Files are asked from the root down to the path's own directory (spec §6.17), whatever directory is archived.
// - The work that patterns of a stranger may cause is bounded.

import { GoModKitError } from '../../../errors/error.ts';
import { type Assignment, type AttributeFile, parseAttributeFile } from './attribute-file.ts';
import type { ByteString } from './byte-string.ts';
import { type Conversion, conversionOf } from './conversion.ts';
import { type AttributeFrame, effectiveAttributes } from './effective-attributes.ts';
import type { MatchBudget } from './glob.ts';

/** Steps of matching for one commit: ten thousand files and a thousand lines take a tenth of it, a stranger's worst some seconds. */
const steps = 2 ** 28;

/** Knows the conversion of every file of a commit. */
export interface CheckoutRules {
  /** The conversion of the regular file at `path`, from the root; undefined when its bytes stay. Throws `limit_exceeded` where patterns are made to exhaust us. */
  conversion(path: ByteString): Conversion | undefined;
}

/** The rules out of all `.gitattributes` of a commit, by their directories: `''` or with a slash at the end. */
export function checkoutRules(contents: ReadonlyMap<ByteString, Uint8Array>, limit: number = steps): CheckoutRules {
  const files = new Map<ByteString, AttributeFile>();
  for (const [directory, bytes] of contents) files.set(directory, parseAttributeFile(bytes, directory === ''));
  if (![...files.values()].some(mayConvert)) return { conversion: () => undefined };
  const budget: MatchBudget = { left: limit };
  return {
    conversion: (path) => {
      const attributes = effectiveAttributes(framesAbove(files, path), path, budget);
      if (budget.left >= 0) return conversionOf(attributes);
      const message = 'the patterns of .gitattributes take too long to match';
      throw new GoModKitError('limit_exceeded', message, { data: { limit } });
    },
  };
}

function framesAbove(files: ReadonlyMap<ByteString, AttributeFile>, path: ByteString): AttributeFrame[] {
  const frames: AttributeFrame[] = [];
  for (let end = 0; ; end = path.indexOf('/', end) + 1) {
    const directory = path.slice(0, end);
    const file = files.get(directory);
    if (file !== undefined) frames.push({ directory, file });
    if (path.indexOf('/', end) === -1) return frames;
  }
}

/** Whether any line could change any byte; most repositories name attributes that do not. */
function mayConvert({ rules, macros }: AttributeFile): boolean {
  const changes = ({ name, state }: Assignment): boolean =>
    (name === 'eol' && state === 'crlf') ||
    (name === 'ident' && state === true) ||
    (name === 'working-tree-encoding' && state !== undefined);
  return rules.some((rule) => rule.assignments.some(changes)) || [...macros.values()].some((all) => all.some(changes));
}
