// Golden stores for audits: a good one, and what can be wrong with it.

import { bytesSource } from '../../../bytes/source.ts';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { hashGoMod, hashZip } from '../../../dirhash/index.ts';
import type { Storage } from '../../../storage/index.ts';
import { zipOf } from '../../testdata/fixture.ts';
import type { AuditFinding } from '../finding.ts';

/** Objects by key. */
export type Objects = Map<string, Uint8Array>;

export const path = 'example.com/m';
export const version = 'v1.0.0';
export const base: string = `${path}/@v/${version}`;
export const goMod: string = `module ${path}\n\ngo 1.21\n`;

/** The files of a version, as a publication leaves them. */
export async function versionObjects(
  modulePath: string,
  moduleVersion: string,
  files: Readonly<Record<string, string>>,
): Promise<[string, Uint8Array][]> {
  const zip = await zipOf(modulePath, moduleVersion, files);
  const key = `${modulePath.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)}/@v/${moduleVersion}`;
  const info = { Version: moduleVersion, Time: '2000-01-01T00:00:00Z' };
  return [
    [`${key}.mod`, encodeUtf8(files['go.mod'] ?? `module ${modulePath}\n`)],
    [`${key}.info`, encodeUtf8(JSON.stringify(info))],
    [`${key}.ziphash`, encodeUtf8(await hashZip(bytesSource(zip)))],
    [`${key}.zip`, zip],
  ];
}

/** Three modules: one whole, one with an upper-case letter, one of which nobody asked for the zip. */
export async function goodObjects(): Promise<Objects> {
  const other = await versionObjects('example.com/Upper', 'v0.1.0', { 'u.go': 'package u\n' });
  const unasked = await versionObjects('example.com/z', 'v1.2.3', { 'go.mod': 'module example.com/z\n' });
  const whole = await versionObjects(path, version, { 'go.mod': goMod, 'm.go': 'package m\n', LICENSE: 'MIT\n' });
  return new Map([...other, ...whole, ...unasked.slice(0, 2)]);
}

/** Puts objects into a storage. */
export async function fill(storage: Storage, objects: Objects): Promise<void> {
  for (const [key, bytes] of objects) await storage.create(key, bytesSource(bytes));
}

/** What an audit must find, without severity and, unless it is short, without detail. */
export type Expected = Pick<AuditFinding, 'kind' | 'key'> & {
  readonly detail?: RegExp;
  readonly expected?: string;
  readonly actual?: string;
};

/** One way in which a store is damaged, and everything that an audit finds then. */
export interface Damage {
  readonly name: string;
  /** Changes the good objects. */
  readonly damage: (objects: Objects) => void | Promise<void>;
  readonly finds: () => readonly Expected[] | Promise<readonly Expected[]>;
}

const text = encodeUtf8;
const otherFiles = { 'go.mod': goMod, 'm.go': 'package m // changed\n' };
const sumOf = async (files: Readonly<Record<string, string>>): Promise<string> =>
  hashZip(bytesSource(await zipOf(path, version, files)));
const originalSum = (): Promise<string> => sumOf({ 'go.mod': goMod, 'm.go': 'package m\n', LICENSE: 'MIT\n' });

function remove(...ends: readonly string[]): (objects: Objects) => void {
  return (objects) => {
    for (const end of ends) objects.delete(`${base}.${end}`);
  };
}

function replace(end: string, bytes: Uint8Array | string): (objects: Objects) => void {
  return (objects) => void objects.set(`${base}.${end}`, typeof bytes === 'string' ? text(bytes) : bytes);
}

function flip(end: string, place: (bytes: Uint8Array) => number): (objects: Objects) => void {
  return (objects) => {
    const bytes = Uint8Array.from(objects.get(`${base}.${end}`) ?? []);
    const at = place(bytes);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    objects.set(`${base}.${end}`, bytes);
  };
}

const one = (kind: Expected['kind'], end: string, more: Partial<Expected> = {}) => [
  { kind, key: `${base}.${end}`, ...more },
];

/** Every kind of damage that bytes alone show. */
export const damages: readonly Damage[] = [
  { name: 'none', damage: () => {}, finds: () => [] },
  { name: 'no .mod', damage: remove('mod'), finds: () => one('missing_mod', 'mod') },
  {
    name: 'no .info',
    damage: remove('info'),
    finds: () => one('missing_info', 'mod', { detail: /only \.mod, \.ziphash, \.zip: an interrupted capture/ }),
  },
  { name: 'a .mod alone', damage: remove('info', 'zip', 'ziphash'), finds: () => one('missing_info', 'mod') },
  { name: 'a .ziphash alone', damage: remove('info', 'mod', 'zip'), finds: () => one('missing_info', 'ziphash') },
  { name: 'a .zip alone', damage: remove('info', 'mod', 'ziphash'), finds: () => one('missing_info', 'zip') },
  { name: 'no .ziphash', damage: remove('ziphash'), finds: () => one('missing_ziphash', 'ziphash') },
  { name: 'a .ziphash whose zip retention removed', damage: remove('zip'), finds: () => [] },
  {
    name: 'an .info that is no JSON',
    damage: replace('info', '{"Version":"v1.0.0"'),
    finds: () => one('bad_info', 'info'),
  },
  { name: 'an empty .info', damage: replace('info', ''), finds: () => one('bad_info', 'info') },
  {
    name: 'an .info of another version',
    damage: replace('info', '{"Version":"v1.0.1"}'),
    finds: () => one('bad_info', 'info', { detail: /^it names "v1\.0\.1" and not v1\.0\.0$/ }),
  },
  {
    name: 'an .info that is too large',
    damage: replace('info', `{"Version":"v1.0.0"}${' '.repeat(1 << 20)}`),
    finds: () => one('bad_info', 'info', { detail: /more than the 1048576/ }),
  },
  {
    name: 'a .mod without module line',
    damage: replace('mod', 'go 1.21\n'),
    finds: () => one('bad_mod', 'mod', { detail: /has no module line/ }),
  },
  {
    name: 'a .mod of a path that is none',
    damage: replace('mod', 'module ../m\n'),
    finds: () => one('bad_mod', 'mod', { detail: /malformed import path/ }),
  },
  {
    name: 'a .mod that is not the one in the zip',
    damage: replace('mod', `${goMod}// more\n`),
    finds: () =>
      one('mod_mismatch', 'mod', { expected: hashGoMod(text(goMod)), actual: hashGoMod(text(`${goMod}// more\n`)) }),
  },
  {
    name: 'a .mod of another module, as forks have, alone',
    damage: (objects) => {
      remove('zip', 'ziphash')(objects);
      replace('mod', 'module example.com/original\n')(objects);
    },
    finds: () => [],
  },
  {
    name: 'a .mod with other line endings, no commit known',
    damage: replace('mod', goMod.replaceAll('\n', '\r\n')),
    finds: () => one('mod_mismatch', 'mod'),
  },
  {
    name: 'a .mod with other line endings of one commit',
    damage: (objects) => {
      replace('mod', goMod.replaceAll('\n', '\r\n'))(objects);
      const origin = { VCS: 'git', URL: 'https://example.com/m', Hash: 'a'.repeat(40) };
      replace('info', JSON.stringify({ Version: version, Origin: origin }))(objects);
    },
    finds: () => one('mod_line_endings', 'mod'),
  },
  {
    name: 'a .ziphash that is none',
    damage: replace('ziphash', 'h1:abc='),
    finds: () => one('bad_ziphash', 'ziphash'),
  },
  { name: 'an empty .ziphash', damage: replace('ziphash', ''), finds: () => one('bad_ziphash', 'ziphash') },
  {
    name: 'a .ziphash of something else',
    damage: replace('ziphash', hashGoMod(text(goMod))),
    finds: async () =>
      one('ziphash_mismatch', 'zip', { expected: hashGoMod(text(goMod)), actual: await originalSum() }),
  },
  {
    name: 'another good zip',
    damage: async (objects) => replace('zip', await zipOf(path, version, otherFiles))(objects),
    finds: async () =>
      one('ziphash_mismatch', 'zip', { expected: await originalSum(), actual: await sumOf(otherFiles) }),
  },
  {
    name: 'a zip of another version',
    damage: async (objects) => replace('zip', await zipOf(path, 'v1.0.1', otherFiles))(objects),
    finds: () => one('bad_zip', 'zip', { detail: /does not have prefix/ }),
  },
  {
    name: 'a zip that is cut off',
    damage: (objects) => replace('zip', (objects.get(`${base}.zip`) ?? text('')).slice(0, -10))(objects),
    finds: () => one('bad_zip', 'zip'),
  },
  {
    name: 'a zip with a flipped bit in its content',
    damage: flip('zip', (bytes) => new TextDecoder('latin1').decode(bytes).indexOf('LICENSE') + 'LICENSE'.length + 1),
    finds: () => one('bad_zip', 'zip'),
  },
  { name: 'an empty zip', damage: replace('zip', ''), finds: () => one('bad_zip', 'zip') },
  {
    name: 'keys that belong to nothing',
    damage: (objects) => {
      for (const key of ['index.html', `${path}/@v/notes.txt`, `${path}/@v/v1.info`, `${path}/@v/v2.0.0.mod`])
        objects.set(key, text('?'));
    },
    finds: () =>
      [`${path}/@v/notes.txt`, `${path}/@v/v1.info`, `${path}/@v/v2.0.0.mod`, 'index.html'].map((key) => ({
        kind: 'foreign',
        key,
      })),
  },
  {
    name: 'a version among the keys of another',
    damage: async (objects) => {
      for (const name of ['v1.0.0-a', 'v1.0.0-a.j', 'v1.0.0-a.zip'])
        for (const [key, bytes] of await versionObjects(path, name, { 'go.mod': goMod })) objects.set(key, bytes);
      objects.delete(`${path}/@v/v1.0.0-a.j.mod`);
    },
    finds: () => [{ kind: 'missing_mod', key: `${path}/@v/v1.0.0-a.j.mod` }],
  },
  {
    name: 'several things at once',
    damage: (objects) => {
      replace('info', '[]')(objects);
      replace('ziphash', '?')(objects);
      replace('zip', 'no zip')(objects);
    },
    finds: () => [...one('bad_info', 'info'), ...one('bad_ziphash', 'ziphash'), ...one('bad_zip', 'zip')],
  },
];
