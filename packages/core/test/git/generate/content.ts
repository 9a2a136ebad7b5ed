// What generated repositories hold: a pool of files that the rules of modules care about, ordinary and odd.

import type { Choice } from './choice.ts';

/** One entry of a tree. */
export interface Entry {
  readonly mode: '100644' | '100755' | '120000' | '160000';
  /** For a submodule the commit's hash. */
  readonly data: Uint8Array | string;
}

/** A tree by path. */
export type Tree = ReadonlyMap<string, Entry>;

/** The directories that may be modules of their own. */
export const moduleDirectories = ['', 'sub', 'sub/deep', 'v2', 'sub/v2', 'cmd/tool'] as const;

const file = (data: Uint8Array | string): Entry => ({ mode: '100644', data });

/** A go.mod for the module path, mostly as it should be; `odd` is how often it is not. */
function goMod(choice: Choice, path: string, odd = 0.25): Entry {
  if (choice.chance(odd * 0.1)) return { mode: '120000', data: 'other.mod' };
  const line = choice.chance(odd) ? choice.one(oddModuleLines(path)) : `module ${path}`;
  const go = choice.one(['', 'go 1.12', 'go 1.17', 'go 1.21', 'go 1.21', 'go 1.23', 'go 1.24', 'go 1.26.0']);
  const retract = choice.one([...Array<string>(9).fill(''), 'retract v1.0.0', 'retract [v0.1.0, v0.3.0]']);
  const text = [line, go, retract].filter((each) => each !== '').join('\n\n');
  const ended = `${text}${choice.chance(0.9) ? '\n' : ''}`;
  return file(choice.chance(0.1) ? ended.replaceAll('\n', '\r\n') : ended);
}

function oddModuleLines(path: string): string[] {
  return [
    `module ${path}/v2`,
    `module ${path.replace(/\/v\d+$/, '')}`,
    `module "${path}"`,
    `module \`${path}\``,
    `module example.com/fork${path.slice(path.lastIndexOf('/'))}`,
    `module ${path} // a comment`,
    `module (\n\t${path}\n)`,
    `\ufeffmodule ${path}`,
    '// nothing here',
    `modulex ${path}`,
    `  module\t${path}  `,
  ];
}

const texts: readonly (Uint8Array | string)[] = [
  'package p\n',
  'package p\r\n\r\nvar X = 1\r\n',
  'one\r\ntwo\nthree\r\n',
  'lone\rreturn\n',
  'no end',
  '',
  'id $Id$ and $Id: 0123 $\n$Id: two words$\n',
  '$Format:%H %an$\n',
  'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n',
  Uint8Array.of(0, 13, 10, 0, 10),
  Uint8Array.of(0xff, 0xfe, 0x61, 0, 10, 0),
  'ü\r\nö\n',
  `${'long line '.repeat(1000)}\r\n`,
  'crlf then nul\r\n\0',
  '\x1a',
  `${'\x01'.repeat(30)}\r\ntext\r\n`,
];

const names = [
  'a.go',
  'b.go',
  'b_test.go',
  'doc.txt',
  'data.bin',
  'run.sh',
  'x.id',
  'win.bat',
  'README.md',
  '.hidden',
  '.gitignore',
  'testdata/t.txt',
  'internal/i.go',
  'deep/er/e.go',
  'ünï.go',
  '.hg_archival.txt',
  'vendor/modules.txt',
  'vendor/v.go',
  'vendor/example.com/v/v.go',
  'pkg/vendor/w.go',
  'pkg/vendor/w/w.go',
] as const;

/** Names that a zip of a module cannot have, or only alone. */
const oddNames = [
  'aux.go',
  'A.go',
  'sp ace.go',
  'col:on',
  'back\\slash',
  "quo'te",
  'star*',
  '-dash',
  'e\u0301.go',
  'end.',
  'x~1',
];

const attributeLines = [
  '* text=auto',
  '* text=auto eol=crlf',
  '* text=auto eol=lf',
  '*.go text',
  '*.txt text eol=crlf',
  '*.txt eol=lf',
  '*.bat text eol=crlf',
  '*.id ident',
  '*.md -text',
  '*.md !text',
  '*.bin binary',
  '* -ident',
  'doc.txt crlf',
  'doc.txt crlf=input',
  '*.sh -crlf',
  'testdata/** export-ignore',
  '*_test.go export-ignore',
  '*.go export-subst',
  '/a.go export-ignore',
  '*.bin filter=lfs diff=lfs merge=lfs -text',
  '[attr]nice text eol=crlf ident',
  '*.go nice',
  'deep/ text eol=crlf',
  'internal/*.go eol=crlf text',
  '"doc.txt" ident',
  '!*.go text',
  '# comment',
  'a.go working-tree-encoding=UTF-8',
];

/** `.gitattributes` files that name another encoding need the git engine: rare, so that the other engine has something to do. */
const encodingLines = ['*.txt working-tree-encoding=UTF-16', 'data.bin text working-tree-encoding=UTF-16LE-BOM'];

function attributes(choice: Choice): Entry {
  const lines = choice.some(attributeLines, 0.15);
  if (choice.chance(0.05)) lines.push(choice.one(encodingLines));
  return file(lines.map((line) => `${line}\n`).join(''));
}

const commitHash = '1'.repeat(40);

/** The tree when a branch for another major version begins. */
export function majorTree(before: Tree, root: string, major: string): Tree {
  const tree = new Map(before);
  put(tree, 'go.mod', file(`module ${root}/${major}\n\ngo 1.21\n`));
  return tree;
}

/** What may happen to a tree from one commit to the next. */
export function changed(choice: Choice, before: Tree, root: string): Tree {
  const tree = new Map(before);
  const times = 1 + choice.number(4);
  for (let i = 0; i < times; i++) changeOnce(choice, tree, root);
  return tree;
}

/** The first tree of a repository whose module path is `root`. */
export function firstTree(choice: Choice, root: string): Tree {
  const tree = new Map<string, Entry>();
  for (const directory of moduleDirectories) {
    if (!choice.chance(directory === '' ? 0.8 : 0.45)) continue;
    put(tree, join(directory, 'go.mod'), goMod(choice, join(root, directory), 0.05));
    put(tree, join(directory, 'p.go'), file('package p\n'));
  }
  if (choice.chance(0.5)) put(tree, '.gitattributes', attributes(choice));
  if (choice.chance(0.5)) put(tree, 'LICENSE', file('license\n'));
  for (const name of choice.some(names, 0.3)) put(tree, name, file(choice.one(texts)));
  return tree;
}

function changeOnce(choice: Choice, tree: Map<string, Entry>, root: string): void {
  const directory = choice.one(['', '', ...moduleDirectories]);
  const at = (name: string): string => join(directory, name);
  const kind = choice.number(20);
  if (kind < 9)
    put(tree, at(choice.one(names)), { mode: choice.one(['100644', '100644', '100755']), data: choice.one(texts) });
  else if (kind < 11) put(tree, at('.gitattributes'), attributes(choice));
  else if (kind < 13) put(tree, at('go.mod'), goMod(choice, join(root, directory)));
  else if (kind < 14) tree.delete(at('go.mod'));
  else if (kind < 15) license(choice, tree, at('LICENSE'));
  else if (kind < 16)
    put(tree, at(choice.one(['link.go', 'dirlink'])), {
      mode: '120000',
      data: choice.one(['a.go', '..', 'sub', '/etc/passwd']),
    });
  else if (kind < 17) put(tree, at('module'), { mode: '160000', data: commitHash });
  else if (kind < 18 && choice.chance(0.4)) put(tree, at(choice.one(oddNames)), file('odd\n'));
  else tree.delete(choice.one([...tree.keys(), '']));
}

function license(choice: Choice, tree: Map<string, Entry>, path: string): void {
  for (const each of [...tree.keys()]) if (each === path || each.startsWith(`${path}/`)) tree.delete(each);
  const kind = choice.number(5);
  if (kind === 0) put(tree, path, { mode: '120000', data: 'README.md' });
  else if (kind === 1) put(tree, `${path}/text`, file('a directory\n'));
  else if (kind > 2)
    put(tree, path, { mode: choice.one(['100644', '100755']), data: choice.one(['license\r\n', 'other license\n']) });
}

/** Sets an entry; what stood in its way goes. */
function put(tree: Map<string, Entry>, path: string, entry: Entry): void {
  const parents = path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'));
  for (const parent of parents) tree.delete(parent);
  for (const each of [...tree.keys()]) if (each.startsWith(`${path}/`)) tree.delete(each);
  tree.set(path, entry);
}

function join(directory: string, name: string): string {
  return [directory, name].filter((part) => part !== '').join('/');
}
