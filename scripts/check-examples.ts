// Type-checks the examples of docstrings (`@example` with a ```ts block) and of the Markdown pages (```ts blocks).
//
// - Each block is a module of its own and sees the packages as a user would, by their public names.
// - A block marked ```ts ignore is skipped; there should be next to none.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { entryPoints, packageFolders, root } from './entry-points.ts';

interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

const block = /^(?<indent>[ \t]*(?:\* ?)?)```(?:ts|typescript)[ \t]*\n(?<code>[\s\S]*?)^[ \t]*(?:\* ?)?```[ \t]*$/gm;

/** Sources and pages, tests and notes of released changes left out. */
function pages(): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md', 'packages/*.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter(
      (name) => name !== '' && !/\.test\.ts$|^\.changeset\/|CHANGELOG\.md$/.test(name) && existsSync(join(root, name)),
    )
    .map((name) => join(root, name));
}

function examplesOf(file: string): Example[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(block)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    code: (match.groups?.code ?? '').replace(/^[ \t]*\* ?/gm, file.endsWith('.md') ? '$&' : ''),
  }));
}

/** Where an example is compiled: in the package it belongs to, so that it sees what that package depends on. */
function folderFor(file: string): string {
  const owner = packageFolders().find((folder) => file.startsWith(`${folder}/`)) ?? root;
  return join(owner, 'node_modules/.cache/examples');
}

for (const owner of [root, ...packageFolders()]) {
  const folder = folderFor(join(owner, 'x'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
const examples = pages().flatMap(examplesOf);
const names = examples.map((example, index) => {
  const name = join(folderFor(example.file), `example-${index}.ts`);
  writeFileSync(name, `${example.code}\nexport {};\n`);
  return name;
});
const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
const program = ts.createProgram({
  rootNames: names,
  options: {
    ...options,
    isolatedDeclarations: false,
    declaration: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: Object.fromEntries(entryPoints().map((entry) => [entry.specifier, [entry.source]])),
    typeRoots: [join(root, 'node_modules/@types')],
  },
});
const diagnostics = ts.getPreEmitDiagnostics(program);
for (const diagnostic of diagnostics) {
  const index = names.indexOf(diagnostic.file?.fileName ?? '');
  const example = examples[index];
  const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
  const where = example
    ? `${relative(root, example.file)}:${example.line + 1 + line}`
    : relative(root, diagnostic.file?.fileName ?? '');
  console.error(`${where}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`);
}
console.log(`${examples.length} examples, ${diagnostics.length} errors`);
process.exit(diagnostics.length > 0 || examples.length === 0 ? 1 : 0);
