// netrc files, as the go command reads them (spec §10.20).
//
// Invariants:
// - An entry counts when machine, login and password are all there; `default` never matches anything.
// - Where a machine is named twice, the first entry wins.

import { fields } from '../gotext/spaces.ts';

/** One complete entry of a netrc file. */
export interface NetrcEntry {
  /** Host, with port or path if the file says so. */
  readonly machine: string;
  readonly login: string;
  readonly password: string;
}

/** The complete entries of a netrc file, in its order. Never throws. */
export function parseNetrc(text: string): readonly NetrcEntry[] {
  const entries: NetrcEntry[] = [];
  let entry: Record<string, string> = {};
  let inMacro = false;
  for (const line of text.split('\n')) {
    if (inMacro) {
      inMacro = line !== '';
      continue;
    }
    const words = fields(line);
    for (let i = 0; i + 1 < words.length; i += 2) {
      const [keyword = '', value = ''] = words.slice(i, i + 2);
      if (keyword === 'machine') entry = { machine: value };
      else if (keyword === 'login' || keyword === 'password') entry[keyword] = value;
      else if (keyword === 'macdef') inMacro = true;
      const { machine, login, password } = entry;
      if (machine && login && password) {
        entries.push({ machine, login, password });
        entry = {};
      }
    }
    // A lone `default` ends the file: what follows it belongs to no machine.
    if (words.length % 2 === 1 && words.at(-1) === 'default') break;
  }
  return entries;
}
