// Our own repositories, so that a checkout without the vectors tests the rules of Git modules too. Each belongs to one group of rules.
//
// Module paths are `example.com/NAME.git`: found without a request (spec §11.5), at `https://example.com/NAME`.

import type { Recipe } from './recipe.ts';
import { annotated, branch, commit, git, merge, recipe, recipeOfSha256, tags } from './recipe-builder.ts';

const goMod = (path: string, go = '1.21'): string => `module example.com/${path}\n\ngo ${go}\n`;
const day = (n: number): string => `2022-03-${String(n).padStart(2, '0')}T10:20:30Z`;

/** Tags good and odd, an annotated one, a branch called like a version, a commit after the last tag (spec §3.7, §4.10, §4.19). */
const plain = recipe(
  'plain',
  commit(day(1), { 'go.mod': goMod('plain.git'), 'plain.go': 'package plain\n' }),
  tags('v0.1.0', 'v0', 'v0.1', 'v0.1.0+meta', 'v0.1.1-0.20220301102030-abcdefabcdef', '0.1.0', 'release-1', 'V0.9.0'),
  commit(day(2), { 'two.go': 'package plain\n' }),
  tags('v1.0.0-rc.1'),
  annotated('v1.0.0'),
  commit(day(3), { 'three.go': 'package plain\n' }),
  tags('v1.1.0+meta', 'v01.2.0', 'v1.2.03'),
  commit(day(4), { 'four.go': 'package plain\n' }),
  [git('branch', 'v9.9.9', 'HEAD~1'), git('branch', 'feature/x', 'HEAD~2')],
);

/** Modules in sub-directories, major directories and major branches, a root without go.mod in between (spec §5.3–5.9). */
const layouts = recipe(
  'layouts',
  commit(day(1), {
    'go.mod': goMod('layouts.git'),
    'a.go': 'package layouts\n',
    'sub/go.mod': goMod('layouts.git/sub'),
    'sub/s.go': 'package sub\n',
    'sub/deep/go.mod': goMod('layouts.git/sub/deep'),
    'sub/deep/d.go': 'package deep\n',
    'v2/go.mod': goMod('layouts.git/v2'),
    'v2/two.go': 'package layouts\n',
    'other/o.go': 'package other\n',
    LICENSE: 'the license\n',
  }),
  tags('v1.0.0', 'sub/v0.1.0', 'sub/deep/v0.2.0', 'v2.0.0', 'other/v1.0.0', 'sub/v2.0.0', 'vx/v1.0.0'),
  [git('branch', 'v3')],
  branch('v3'),
  commit(day(2), { 'go.mod': goMod('layouts.git/v3'), 'v2/go.mod': null, 'v2/two.go': null }),
  tags('v3.0.0', 'v3.1.0-beta'),
  commit(day(3), { 'v3/go.mod': goMod('layouts.git/v3'), 'v3/x.go': 'package layouts\n' }),
  tags('v3.2.0'),
  branch('main'),
  commit(day(4), { 'sub/v3/go.mod': goMod('layouts.git/sub/v3'), 'sub/v3/s.go': 'package sub\n' }),
  tags('sub/v3.0.0', 'v4.0.0'),
);

/** Majors without go.mod, and the end of them (spec §4.11, §5.13, §5.15). */
const incompatible = recipe(
  'incompatible',
  commit(day(1), { 'a.go': 'package incompatible\n' }),
  tags('v1.0.0', 'v2.0.0', 'v2.1.0-rc.1'),
  commit(day(2), { 'b.go': 'package incompatible\n' }),
  tags('v3.0.0', 'v3.0.1+incompatible'),
  commit(day(3), { 'go.mod': goMod('incompatible.git') }),
  tags('v4.0.0'),
  commit(day(4), { 'go.mod': null }),
  commit(day(5), { 'c.go': 'package incompatible\n' }),
);

/** What becomes of files on the way into the zip (spec §6.15–6.26, §7). */
const content = recipe(
  'content',
  commit(day(1), {
    '.gitattributes': [
      '*.auto text=auto',
      '*.lf text eol=lf',
      '*.crlf text eol=crlf',
      '*.bin -text',
      '*.id ident',
      '*.ign export-ignore',
      '*.sub export-subst',
      '*.lfs filter=lfs diff=lfs merge=lfs -text',
      '*.off -text !ident',
      '',
    ].join('\n'),
    'go.mod': goMod('content.git').replaceAll('\n', '\r\n'),
    'content.go': 'package content\n',
    LICENSE: 'root license\n',
    'crlf.auto': 'a\r\nb\r\n',
    'lf.auto': 'a\nb\n',
    'both.lf': 'a\r\nb\n',
    'x.crlf': 'a\nb\r\nc',
    'x.bin': { b64: Buffer.from('a\n\0\r\n').toString('base64') },
    'x.id': '$Id$ and $Id: old$\n',
    'x.ign': 'kept\n',
    'x.sub': '$Format:%H$\n',
    'x.lfs': 'version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 5\n',
    'run.sh': { executable: '#!/bin/sh\n' },
    link: { symlink: 'content.go' },
    module: { submodule: '1111111111111111111111111111111111111111' },
    'dir/.gitattributes': '*.off text eol=crlf\n* export-ignore\n',
    'dir/x.off': 'a\nb\n',
    'dir/x.id': '$Id$\n',
    'vendor/modules.txt': '# example.com/v v1.0.0\n',
    'vendor/example.com/v/v.go': 'package v\n',
    'nested/go.mod': goMod('content.git/nested'),
    'nested/n.go': 'package nested\n',
    'own/go.mod': goMod('content.git/own'),
    'own/LICENSE': { executable: 'own license\n' },
    'linked/go.mod': { symlink: '../go.mod' },
    'linked/l.go': 'package linked\n',
    'ünï/ö.go': 'package x\n',
  }),
  tags('v0.1.0', 'nested/v0.1.0', 'own/v0.1.0', 'linked/v0.1.0'),
  commit(day(2), { LICENSE: { symlink: 'LICENSE.txt' }, 'LICENSE.txt': 'text\n' }),
  tags('nested/v0.2.0'),
  commit(day(3), { 'go.mod': goMod('content.git'), 'CONTENT.go': 'package content\n' }),
  tags('v0.2.0'),
  commit(day(4), {
    'CONTENT.go': null,
    'u16.txt': { b64: '//5hAAoA' },
    '.gitattributes': '*.txt working-tree-encoding=UTF-16\n',
  }),
  tags('v0.3.0'),
);

/** Pseudo-versions: tags on both sides of a merge, times that go backwards, a tag that is no ancestor (spec §3.7, §3.8). */
const history = recipe(
  'history',
  commit(day(1), { 'go.mod': goMod('history.git'), 'a.go': 'package history\n' }),
  tags('v0.1.0'),
  [git('branch', 'side')],
  commit(day(5), { 'b.go': 'package history\n' }),
  tags('v0.2.0'),
  branch('side'),
  commit(day(2), { 'c.go': 'package history\n' }),
  tags('v0.3.0-pre'),
  commit('2022-03-03T23:20:30+14:00', { 'd.go': 'package history\n' }),
  branch('main'),
  merge(day(6), 'side'),
  commit(day(4), { 'e.go': 'package history\n' }),
  branch('lonely', 'v0.1.0'),
  commit(day(7), { 'f.go': 'package history\n' }),
  tags('v1.0.0'),
  branch('main'),
);

/** A version withdrawn by a retract directive (spec §4.14). */
const retracting = recipe(
  'retracting',
  commit(day(1), { 'go.mod': goMod('retracting.git') }),
  tags('v1.0.0'),
  commit(day(2), { 'go.mod': `${goMod('retracting.git')}\nretract v1.1.0\n`, 'a.go': 'package a\n' }),
  tags('v1.1.0', 'v1.0.1'),
);

/** go.mod files that do not count (spec §5.7–5.10). */
const badMods = recipe(
  'badmods',
  commit(day(1), { 'go.mod': { symlink: 'real.mod' }, 'real.mod': goMod('badmods.git') }),
  tags('v0.1.0'),
  commit(day(2), { 'go.mod': goMod('elsewhere') }),
  tags('v0.2.0'),
  commit(day(3), { 'go.mod': 'module example.com/badmods.git/v2\n' }),
  tags('v0.3.0', 'v2.0.0'),
  commit(day(4), { 'go.mod': 'modul example.com/badmods.git\n' }),
  tags('v0.4.0'),
  commit(day(5), { 'go.mod': 'module "example.com/badmods.git"\n' }),
  tags('v0.5.0'),
  commit(day(6), {
    'go.mod': 'module example.com/badmods.git/v2\n',
    'v2/go.mod': 'module example.com/badmods.git/v2\n',
  }),
  tags('v2.1.0'),
);

/** Commits that no head and no tag reaches (spec §3.9, §6.4), and a tag that names a tree, one a blob. */
const hidden = recipe(
  'hidden',
  commit(day(1), { 'go.mod': goMod('hidden.git') }),
  tags('v0.1.0'),
  commit(day(2), { 'evil.go': 'package hidden\n' }),
  [git('update-ref', 'refs/pull/1/head', 'HEAD'), git('update-ref', 'refs/heads/main', 'v0.1.0')],
  [
    git('tag', 'tree', 'v0.1.0^{tree}'),
    git('tag', 'v0.2.0', 'v0.1.0:go.mod'),
    git('tag', '-a', '-m', 'x', 'v0.3.0', 'tree'),
  ],
  [git('read-tree', 'HEAD')],
);

/** No commits. */
const empty = recipe('bare');

/** The object format SHA-256 (spec §6.3). */
const sha256: Recipe = recipeOfSha256(
  'sha256',
  [
    { write: 'go.mod', data: goMod('sha256.git') },
    { write: 'a.go', data: 'package sha256\n' },
    git('add', '.'),
    { env: { GIT_COMMITTER_DATE: day(1), GIT_AUTHOR_DATE: day(1) } },
    git('commit', '-q', '-m', 'one'),
  ],
  tags('v0.1.0'),
  annotated('v0.2.0'),
);

/** Our own recipes. */
export const goldenRecipes: readonly Recipe[] = [
  plain,
  layouts,
  incompatible,
  content,
  history,
  retracting,
  badMods,
  hidden,
  empty,
  sha256,
];
