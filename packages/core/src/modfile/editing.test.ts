import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editedBy, type Step } from '../../test/edits.ts';
import { goldenEdits } from '../../test/golden-edits.ts';
import { linesOf } from '../../test/modfile.ts';
import { editGoMod, editGoWork, format, type GoMod, type GoModEditor, parse, parseLax, parseWork } from './index.ts';

const text = `module example.com/m

go 1.24

// why
require (
	a.com/a v1.0.0 // one
	a.com/b v1.0.0 // indirect
)

replace a.com/a => ./a
`;

describe('an editor', () => {
  it('leaves the model that it was made of as it was', () => {
    const goMod = parse('go.mod', text);
    const before = JSON.stringify(goMod);
    const editor = editGoMod(goMod)
      .dropRequire('a.com/a')
      .setRequireSeparateIndirect([{ path: 'x', version: 'v1.0.0' }]);
    editor.addReplace({ path: 'a.com/a' }, { path: './z' }).dropGoStmt().format();
    expect(JSON.stringify(goMod)).toBe(before);
  });

  it('shows the model as it is now, and its lines in the tree', () => {
    const { goMod } = editGoMod(text)
      .addModuleStmt('example.com/n')
      .addGoStmt('1.25')
      .addToolchainStmt('go1.25.1')
      .addGodebug('a', 'b')
      .addRequire('a.com/a', 'v1.1.0')
      .addNewRequire('a.com/c', 'v1.0.0', { indirect: true })
      .dropRequire('a.com/b')
      .addExclude('a.com/a', 'v1.0.0')
      .addReplace({ path: 'a.com/a' }, { path: 'a.com/z', version: 'v1.0.0' })
      .addRetract('v1.0.0', 'why\nnot')
      .addRetract({ low: 'v1.1.0', high: 'v1.2.0' })
      .addTool('a.com/a/cmd')
      .addIgnore('./x')
      .cleanup();
    // Sorting moved the retraction of the interval up.
    expect(linesOf(goMod).sort()).toEqual(linesOf(parse('go.mod', format(goMod))).sort());
    expect(linesOf(goMod)).toContain('retract v1.0.0 v1.0.0 "why\\nnot"');
    const lines = goMod.syntax.stmt.flatMap((stmt) =>
      stmt.kind === 'block' ? stmt.line : stmt.kind === 'line' ? [stmt] : [],
    );
    const { module, go, toolchain } = goMod;
    const directives = [module, go, toolchain, ...goMod.require, ...goMod.replace, ...goMod.retract, ...goMod.tool];
    expect(directives.every((directive) => directive !== undefined && lines.includes(directive.syntax))).toBe(true);
  });

  it('may be made of a dependency’s go.mod, whose unknown directives stay', () => {
    const lax = parseLax('go.mod', 'module m\n\nfuture ( // x\n\ta b\n)\n\nrequire a v1.0.0\n');
    expect(editGoMod(lax).addRequire('b', 'v1.0.0').format()).toBe(
      'module m\n\nfuture a b\n\nrequire (\n\ta v1.0.0\n\tb v1.0.0\n)\n',
    );
  });

  it('begins a new file', () => {
    expect(editGoMod('').addModuleStmt('m').addGoStmt('1.24').format()).toBe('module m\n\ngo 1.24\n');
  });

  it('takes bytes, a name and a version fixer', () => {
    const bytes = new TextEncoder().encode('require a main\n');
    expect(editGoMod(bytes, { fixVersion: () => 'v1.2.3' }).format()).toBe('require a v1.2.3\n');
    expect(() => editGoMod(bytes, { name: 'x/go.mod' })).toThrow('x/go.mod:1: require a: version "main" invalid');
  });

  it('refuses a directive of another file', () => {
    const goMod = { ...parse('go.mod', text), require: parse('go.mod', text).require };
    expect(() => editGoMod(goMod)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('sets thousands of requirements at once', () => {
    const requirements = Array.from({ length: 20_000 }, (_, i) => ({
      path: `a.com/m${i}`,
      version: `v1.0.${i}`,
      indirect: i % 2 === 0,
    }));
    const editor = editGoMod('module m\n').setRequireSeparateIndirect(requirements);
    const [direct, indirect] = editor.goMod.syntax.stmt.slice(1);
    expect([direct, indirect].map((stmt) => stmt?.kind === 'block' && stmt.line.length)).toEqual([10_000, 10_000]);
    expect(parse('go.mod', editor.setRequire(requirements.slice(5)).format()).require).toHaveLength(19_995);
  });
});

describe('what cannot stand in a file', () => {
  const edits: readonly (readonly [string, (editor: GoModEditor) => unknown])[] = [
    ['an empty path', (e) => e.addRequire('', 'v1.0.0')],
    ['an empty version', (e) => e.addRequire('a.com/a', '')],
    ['a parenthesis', (e) => e.addTool('(')],
    ['an arrow', (e) => e.addReplace({ path: '=>' }, { path: './a' })],
    ['an empty target', (e) => e.addReplace({ path: 'a.com/a' }, { path: '' })],
    ['an empty module', (e) => e.addModuleStmt('')],
    [
      'a bracket among requirements',
      (e) =>
        e.setRequire([
          { path: 'a.com/a', version: 'v1.0.0' },
          { path: '[', version: 'v1.0.0' },
        ]),
    ],
    [
      'two versions of a module',
      (e) =>
        e.setRequireSeparateIndirect([
          { path: 'a.com/a', version: 'v1.0.0' },
          { path: 'a.com/a', version: 'v1.1.0' },
        ]),
    ],
    ['a debug setting without a key', (e) => e.addGodebug('', 'x')],
    ['a debug setting with two keys', (e) => e.addGodebug('a=b', 'x')],
    ['a debug setting with a comma', (e) => e.addGodebug('a', 'b,c')],
    ['a debug setting with a line end', (e) => e.addGodebug('a', 'b\nreplace a => b')],
    ['a comment that is none', (e) => e.addComment('// x\nreplace a.com/a => ./evil')],
    ['an empty comment', (e) => e.addComment('')],
  ];
  it.each(edits)('is refused, and nothing is changed: %s', (_, change) => {
    const editor = editGoMod(text);
    expect(() => change(editor)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
    expect(format(editor.goMod)).toBe(format(parse('go.mod', text)));
  });

  it.each([
    ['go', (e: GoModEditor) => e.addGoStmt('1.24\nreplace a => ./b')],
    ['toolchain', (e: GoModEditor) => e.addToolchainStmt('go1.24\nreplace a => ./b')],
    ['toolchain with a comment', (e: GoModEditor) => e.addToolchainStmt('go1.24//x')],
    ['exclude', (e: GoModEditor) => e.addExclude('a.com/a', 'v1.0.0\n')],
    ['retract', (e: GoModEditor) => e.addRetract({ low: 'v1.0.0', high: 'v2.0.0' })],
  ])('is no version: %s', (_, change) => {
    const editor = editGoMod(text);
    expect(() => change(editor)).toThrow(expect.objectContaining({ code: 'invalid_version' }));
    expect(format(editor.goMod)).toBe(format(parse('go.mod', text)));
  });

  it('is quoted where that helps, and read back as itself', () => {
    const odd = 'a b\n)\nreplace x => ./y //';
    const editor = editGoMod('module m\n')
      .addTool(odd)
      .addIgnore(odd)
      .addReplace({ path: 'a' }, { path: `./${odd}` });
    const goMod = parse('go.mod', editor.format());
    expect([goMod.tool[0]?.path, goMod.ignore[0]?.path, goMod.replace[0]?.new.path]).toEqual([odd, odd, `./${odd}`]);
    expect(goMod.replace).toHaveLength(1);
  });
});

// The bookkeeping of x/mod is out of step here; see e2e/differential/edit-differences.ts.
describe('where x/mod goes wrong', () => {
  it('a retraction that was added can be dropped', () => {
    expect(editGoMod('module m\n').addRetract('v1.0.0').dropRetract('v1.0.0').format()).toBe('module m\n');
  });

  it('a replacement of a version that became one of all versions is that', () => {
    const editor = editGoMod('replace a v1.0.0 => ./a\n').addReplace({ path: 'a' }, { path: './b' });
    expect(editor.dropReplace({ path: 'a', version: 'v1.0.0' }).format()).toBe('replace a => ./b\n');
    expect(editor.dropReplace({ path: 'a' }).format()).toBe('');
  });

  it('requirements can be set after some were dropped, without cleanup', () => {
    const editor = editGoMod('require a v1.0.0\n')
      .dropRequire('a')
      .setRequire([{ path: 'b', version: 'v1.0.0' }]);
    expect(editor.format()).toBe('require b v1.0.0\n');
  });

  it('directories are used once', () => {
    expect(editGoWork('use ./a // here\n').setUse(['./b', './a', './b']).format()).toBe(
      'use (\n\t./a // here\n\t./b\n)\n',
    );
  });
});

describe('go.work', () => {
  it('keeps the model as it is now', () => {
    const { goWork } = editGoWork('').addGoStmt('1.24').addUse('./a').addUse('./b').addUse('./a').dropUse('./b');
    expect([goWork.go?.version, goWork.use.map(({ path }) => path)]).toEqual(['1.24', ['./a']]);
    expect(parseWork('go.work', format(goWork)).use).toHaveLength(1);
  });

  it.each(['', '(', '\t)'])('refuses %j as a directory only where it is syntax', (path) => {
    const editor = editGoWork('use ./a\n');
    if (path.length > 1) expect(parseWork('go.work', editor.addUse(path).format()).use[1]?.path).toBe(path);
    else expect(() => editor.addUse(path)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});

/** What a model says, whatever the order, but for texts of comments: these move when a block becomes a line. */
function meaningOf({ module, ...goMod }: GoMod): string[] {
  const retract = goMod.retract.map((each) => ({ ...each, rationale: '' }));
  const plain = module && { path: module.path, syntax: module.syntax };
  return linesOf({ ...goMod, retract, ...(plain && { module: plain }) }).sort();
}

it('writes files that are read as what its model says', () => {
  // A requirement of a branch is to be resolved first.
  const isRead = (steps: readonly Step[]) => steps.every((step) => !step.includes('master'));
  const pool = goldenEdits.filter(({ kind, steps }) => kind === 'mod' && isRead(steps));
  const steps = pool.flatMap((golden) => golden.steps);
  fc.assert(
    fc.property(fc.constantFrom(...pool), fc.array(fc.constantFrom(...steps), { maxLength: 8 }), (golden, some) => {
      const { editor, texts } = editedBy('mod', golden.text, some);
      const read = parse('go.mod', texts.at(-1) ?? '');
      expect(meaningOf((editor as GoModEditor).goMod)).toEqual(meaningOf(read));
    }),
    { numRuns: 1000 },
  );
});
