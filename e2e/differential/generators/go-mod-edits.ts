// Files that are valid, and edits of them. Few names, so that edits meet what is there, and all the places of comments.

import fc from 'fast-check';
import type { Step } from '../../../packages/core/test/edits.ts';

/** A file and what is done with it. */
export interface EditCase {
  readonly text: string;
  readonly steps: readonly Step[];
}

const text = fc.constantFrom;

const modules = [
  { path: 'a.com/a', versions: ['v1.0.0', 'v1.2.3', 'v1.10.0', 'v0.1.0-pre', 'v2.0.0+incompatible'] },
  { path: 'a.com/b', versions: ['v1.0.0', 'v1.9.0', 'v0.0.0-20200101000000-0123456789ab'] },
  { path: 'a.com/b/v2', versions: ['v2.0.0', 'v2.0.1-rc.1'] },
  { path: 'A.com/c', versions: ['v1.0.0', 'v1.0.1'] },
  { path: 'a-b.com/d', versions: ['v0.1.0', 'v0.2.0'] },
  { path: 'gopkg.in/e.v3', versions: ['v3.0.0', 'v3.1.0'] },
] as const;

const moduleVersion = text(...modules).chain(({ path, versions }) =>
  text(...versions).map((version) => ({ path, version })),
);
const version = text('v1.0.0', 'v1.1.0', 'v1.2.3', 'v1.10.0', 'v0.9.0', 'v2.0.0', 'v1.2', 'v1.0.0+meta');
const directory = text('./x', '../y', './x/y', '/z', '.', './a b');
const packagePath = text('a.com/a/cmd/x', 'a.com/b/cmd/y', 'a.com/c', 'z.com/z');
const setting = text('a=1', 'a=2', 'b=1', 'c=x=y', 'default=go1.21');

/** How a value or version may be written so that it is read as itself, or as its canonical form. */
const spelled = (value: string): fc.Arbitrary<string> =>
  fc.nat(12).map((style) => {
    if (style === 0 || value.includes(' ')) return `"${value}"`;
    if (style === 1 && /^v\d+\.\d+\.0$/.test(value)) return value.slice(0, -2);
    return style === 2 && /^v[\d.]+$/.test(value) ? `${value}+meta` : value;
  });

const spelledModule = moduleVersion.chain(({ path, version: v }) =>
  fc.tuple(spelled(path), spelled(v)).map((parts) => parts.join(' ')),
);
const target = fc.oneof(directory.chain(spelled), spelledModule);
const replacement = fc
  .tuple(
    fc.oneof(
      spelledModule,
      text(...modules).map(({ path }) => path),
    ),
    target,
  )
  .map(([old, to]) => `${old} => ${to}`);
const interval = fc.oneof(
  version.chain(spelled),
  fc
    .tuple(version, version, text('[L, H]', '[ L,H ]'))
    .map(([low, high, form]) => form.replace('L', low).replace('H', high)),
);

const suffix = fc.oneof(
  { arbitrary: fc.constant(''), weight: 6 },
  { arbitrary: text(' // indirect', ' //indirect', ' // indirect', ' // indirect; why'), weight: 4 },
  {
    arbitrary: text(
      ' // why',
      ' //',
      ' // indirect;',
      ' //  indirect;  a; b ',
      ' // \udcff\u00a0',
      '// close',
      ' // indirect // x',
    ),
    weight: 2,
  },
);

const above = fc.oneof(
  { arbitrary: fc.constant(''), weight: 5 },
  {
    arbitrary: fc
      .array(text('// x\n', '// y  \n', '\n', '//\n', '\n\n', '\t//z\n'), { minLength: 1, maxLength: 3 })
      .map((lines) => lines.join('')),
    weight: 2,
  },
);

/** One directive per line, or in a block. */
function statement(verb: string, args: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const entry = fc.tuple(above, args, suffix).map(([before, words, behind]) => ({ before, code: words + behind }));
  return fc.oneof(
    entry.map(({ before, code }) => `${before}${verb} ${code}\n`),
    fc
      .tuple(above, suffix, fc.array(entry, { maxLength: 4 }), above, suffix)
      .map(([before, open, entries, last, close]) => {
        const lines = entries.map((each) => `${each.before}\t${each.code}\n`).join('');
        return `${before}${verb} (${open}\n${lines}${last})${close}\n`;
      }),
    above.map((before) => `${before}${verb} ()\n`),
  );
}

const statements = {
  require: statement('require', spelledModule),
  exclude: statement('exclude', spelledModule),
  replace: statement('replace', replacement),
  retract: statement('retract', interval),
  tool: statement('tool', packagePath.chain(spelled)),
  ignore: statement('ignore', directory.chain(spelled)),
  godebug: statement('godebug', setting),
  use: statement('use', directory.chain(spelled)),
  comment: above,
};

const head = (code: string, others: readonly string[]) =>
  fc
    .tuple(above, text('', ...others), suffix)
    .map(([before, other, behind]) => (other === '' ? code : `${before}${other}${behind}\n`));

const goLine = head('', ['go 1.24', 'go 1.20', 'go 1.21rc1', 'go 1.21.0']);
const toolchainLine = head('', ['toolchain go1.24.3', 'toolchain default']);
const moduleLine = head('module example.com/m\n', ['', 'module "example.com/m/v2"', 'module (\n\texample.com/m\n)']);

function fileOf(parts: readonly fc.Arbitrary<string>[], body: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.tuple(...parts), fc.array(body, { maxLength: 6 }), text('', '\n'), fc.nat(20))
    .map(([first, rest, between, shuffled]) => {
      const all = shuffled === 0 ? [...rest, ...first] : [...first, ...rest];
      return all.join(between);
    });
}

const goModText = fileOf(
  [moduleLine, goLine, toolchainLine],
  fc.oneof(
    { arbitrary: statements.require, weight: 8 },
    ...[statements.exclude, statements.replace, statements.retract].map((arbitrary) => ({ arbitrary, weight: 2 })),
    ...[statements.tool, statements.ignore, statements.godebug, statements.comment].map((arbitrary) => ({
      arbitrary,
      weight: 1,
    })),
  ),
);

const goWorkText = fileOf(
  [goLine, toolchainLine],
  fc.oneof(
    { arbitrary: statements.use, weight: 4 },
    { arbitrary: statements.replace, weight: 2 },
    { arbitrary: statements.godebug, weight: 1 },
    { arbitrary: statements.comment, weight: 1 },
  ),
);

const step = (name: string, ...args: readonly fc.Arbitrary<string>[]): fc.Arbitrary<Step> =>
  fc.tuple(...args).map((values): Step => [name, ...values]);

const aboutModule = (name: string): fc.Arbitrary<Step> =>
  moduleVersion.map(({ path, version: v }): Step => [name, path, v]);

const mark = text('', 'indirect');
const aModule = text(...modules).map(({ path }) => path);

const requirements = (name: string): fc.Arbitrary<Step> =>
  fc
    .uniqueArray(fc.tuple(moduleVersion, mark), { selector: ([{ path }]) => path, maxLength: modules.length })
    .map((list): Step => [name, ...list.flatMap(([{ path, version: v }, indirect]) => [path, v, indirect])]);

const either = fc.constant('');
const rationale = text('', 'why', 'one\ntwo', 'one\n\n two ', '\t');

const sharedSteps: readonly fc.Arbitrary<Step>[] = [
  step('addGoStmt', text('1.24', '1.20', '1.25.1', '1', 'go1.24', '1.21rc1')),
  step('addToolchainStmt', text('go1.25.1', 'default', 'go2', 'go1')),
  step('dropGoStmt'),
  step('dropToolchainStmt'),
  step('addGodebug', text('a', 'b', 'c', 'new'), text('1', '2', 'x=y', '')),
  step('dropGodebug', text('a', 'b', 'c', 'none')),
  fc
    .tuple(
      fc.oneof(
        moduleVersion,
        aModule.map((path) => ({ path, version: '' })),
      ),
      fc.oneof(
        moduleVersion,
        directory.map((path) => ({ path, version: '' })),
      ),
    )
    .map(([old, to]): Step => ['addReplace', old.path, old.version, to.path, to.version]),
  fc.oneof(aboutModule('dropReplace'), step('dropReplace', aModule, either)),
  step('sortBlocks'),
];

const modSteps: readonly fc.Arbitrary<Step>[] = [
  ...sharedSteps,
  step('addModuleStmt', text('example.com/m', 'example.com/n/v2', 'a b')),
  aboutModule('addRequire'),
  fc.tuple(moduleVersion, mark).map(([{ path, version: v }, indirect]): Step => ['addNewRequire', path, v, indirect]),
  step('dropRequire', aModule),
  requirements('setRequire'),
  requirements('setRequireSeparateIndirect'),
  requirements('setRequireSeparateIndirect'),
  requirements('setRequireAtMostTwo'),
  fc.oneof(aboutModule('addExclude'), step('addExclude', aModule, version)),
  aboutModule('dropExclude'),
  step('addRetract', version, version, rationale),
  version.chain((v) => step('addRetract', fc.constant(v), fc.constant(v), rationale)),
  fc.oneof(
    step('dropRetract', version, version),
    version.map((v): Step => ['dropRetract', v, v]),
  ),
  step('addTool', packagePath),
  step('dropTool', packagePath),
  step('addIgnore', text('./x', '../y', './new')),
  step('dropIgnore', directory),
  step('addComment', text('// x', '// x\n//y', '//')),
];

const newDirectory = text('./n', './m', 'o', '../p q');
const workSteps: readonly fc.Arbitrary<Step>[] = [
  ...sharedSteps,
  step('addUse', fc.oneof(directory, newDirectory)),
  step('addUse', fc.oneof(directory, newDirectory)),
  step('dropUse', directory),
  step('dropUse', directory),
  fc.uniqueArray(newDirectory, { maxLength: 3 }).map((paths): Step => ['setUse', ...paths]),
];

const between: fc.Arbitrary<Step> = text<Step[]>(['format'], ['print'], ['cleanup'], ['reread']);

function editsOf(file: fc.Arbitrary<string>, steps: readonly fc.Arbitrary<Step>[]): fc.Arbitrary<EditCase> {
  const straight = fc.array(fc.oneof({ arbitrary: fc.oneof(...steps), weight: 4 }, { arbitrary: between, weight: 1 }), {
    maxLength: 6,
  });
  const reread = fc
    .array(fc.oneof(...steps), { maxLength: 6 })
    .map((list) => list.flatMap((each): Step[] => [each, ['format'], ['reread']]));
  return fc.record({ text: file, steps: fc.oneof(straight, reread) });
}

/** Edits of go.mod files. */
export const goModEdits: fc.Arbitrary<EditCase> = editsOf(goModText, modSteps);

/** Edits of go.work files. */
export const goWorkEdits: fc.Arbitrary<EditCase> = editsOf(goWorkText, workSteps);
