// Loads every built entry point the way its users do: by its public name, with import and with require, under plain Node (no source
// condition), and compares the names that the two builds export. Then compiles a program that uses all of them, as ESM and as CJS, with every
// declaration file checked.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
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
const problems = typeProblems();
for (const problem of problems) console.error(problem);
console.log(`compiled them as ESM and CJS: ${problems.length} problems`);
process.exit(failed + problems.length > 0 ? 1 : 0);

/** What the compiler says of a program that imports everything, and of the declarations themselves. */
function typeProblems(): readonly string[] {
  const folder = join(root, 'e2e/node_modules/.cache/types');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const imports = entryPoints().map(({ specifier }, i) => `import * as entry${i} from '${specifier}';`);
  const uses = `export const all = [${entryPoints().map((_, i) => `entry${i}`)}];`;
  const types = "import type { graph, modfile, sumdb } from '@gomodkit/core';";
  const typed = 'export type Types = [graph.ModuleGraph, modfile.GoMod, sumdb.SumdbRemote, sumdb.note.Signer];';
  const files = ['all.mts', 'all.cts'].map((name) => join(folder, name));
  for (const file of files) writeFileSync(file, [...imports, uses, types, typed, ''].join('\n'));
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    target: ts.ScriptTarget.ES2022,
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  });
  return ts.getPreEmitDiagnostics(program).flatMap(({ file, messageText }) => {
    // Declarations of other packages are theirs.
    if (file !== undefined && /node_modules\/(?!\.cache)/.test(file.fileName) && !file.fileName.includes('gomodkit'))
      return [];
    return [`${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`];
  });
}
