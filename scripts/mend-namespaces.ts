// Mends the types of namespaces (`export * as modfile from …`) in built declarations.
//
//   tsx scripts/mend-namespaces.ts FOLDER
//
// The bundler writes `declare const index_GoMod: typeof GoMod;` for a name that a namespace takes from another file: wrong for an
// interface, and not enough for a class. An import under that name has every meaning that the name has.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? 'dist';
const importLine = /^import (?:type )?\{ (?<names>[^}]+) \} from '(?<from>[^']+)';$/gm;
const constant = /^declare const (?<alias>[\w$]+): typeof (?<name>[\w$]+);\n/gm;

/** The import statement that gives `alias` what a file imports as `name`, by name. */
function importsOf(text: string): Map<string, (alias: string) => string> {
  const found = new Map<string, (alias: string) => string>();
  for (const { groups } of text.matchAll(importLine)) {
    for (const each of (groups?.names ?? '').split(', ')) {
      const [original = '', local = original] = each.replace(/^type /, '').split(' as ');
      found.set(local, (alias) => `import { ${original} as ${alias} } from '${groups?.from}';\n`);
    }
  }
  return found;
}

function mended(text: string): string {
  const imports = importsOf(text);
  const added: string[] = [];
  const rest = text.replace(constant, (line, alias: string, name: string) => {
    const statement = imports.get(name);
    if (statement === undefined) return line;
    added.push(statement(alias));
    return '';
  });
  return added.join('') + rest;
}

for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!/\.d\.c?ts$/.test(name)) continue;
  const file = join(folder, name);
  const text = readFileSync(file, 'utf8');
  if (text.includes('declare namespace ')) writeFileSync(file, mended(text));
}
