// Loads every built entry point the way its users do: by its public name, with import and with require, under plain Node (no source
// condition), and compares the names that the two builds export.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { entryPoints, root } from './entry-points.ts';

let failed = 0;
// e2e depends on every package, so what resolves from there is what a user of all of them would get.
const require = createRequire(pathToFileURL(join(root, 'e2e/package.json')));

for (const { specifier } of entryPoints()) {
  const cjs = Object.keys(require(specifier) as object);
  const esmFile = (require.resolve(specifier) as string).replace(/\.cjs$/, '.js');
  const esm = Object.keys((await import(pathToFileURL(esmFile).href)) as object);
  const difference = [...cjs.filter((name) => !esm.includes(name)), ...esm.filter((name) => !cjs.includes(name))];
  if (difference.filter((name) => name !== 'default' && name !== '__esModule').length > 0) {
    console.error(`${specifier}: ESM and CJS differ in ${difference.join(', ')}`);
    failed++;
  }
}
console.log(`loaded ${entryPoints().length} entry points as ESM and CJS`);
process.exit(failed > 0 ? 1 : 0);
