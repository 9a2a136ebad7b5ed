// Damaged zips, removed and captured anew.

import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { hashGoMod } from '../../dirhash/index.ts';
import type { Storage } from '../../storage/index.ts';
import { createRepositoryWith } from '../create-repository.ts';
import { aroundStorage, keysOf, put, setUp, textAt, withoutDelete, zipOf } from '../testdata/fixture.ts';
import type { AuditEvent, AuditOptions } from './audit.ts';

const path = 'example.com/m';
const version = 'v1.0.0';
const base = `${path}/@v/${version}`;
const goMod = `module ${path}\n\ngo 1.21\n`;

/** A repository that holds a version, whose `.zip` or another file then becomes `bytes`. */
async function damaged(bytes: string | Uint8Array, file = 'zip') {
  const { source, storage, repository: first } = setUp({ [path]: { versions: { [version]: { goMod } } } });
  await (await first.zip(path, version)).open().then(({ body }) => body.cancel());
  await first.close();
  await storage.delete?.(`${base}.${file}`);
  await put(storage, `${base}.${file}`, bytes);
  return { source, storage, repository: createRepositoryWith({ storage, source }, {}) };
}

async function audited(repository: ReturnType<typeof createRepositoryWith>, options: AuditOptions = {}) {
  const events: AuditEvent[] = [];
  const audit = repository.audit(options);
  for (;;) {
    const next = await audit.next();
    if (next.done) return { events, report: next.value };
    events.push(next.value);
  }
}

async function captured(repository: ReturnType<typeof createRepositoryWith>) {
  const capture = repository.capture(`${path}@${version}`);
  for (;;) {
    const next = await capture.next();
    if (next.done) return next.value;
  }
}

const others = () => zipOf(path, version, { 'go.mod': goMod, 'other.go': 'package other\n' });
const remove = { removeDamaged: true };

describe('a zip', () => {
  it.each([
    ['that breaks the rules of zips', () => encodeUtf8('no zip')],
    ['of other content than its .ziphash binds', others],
  ])('%s is removed with evidence, and captured anew', async (_, bytes) => {
    const { repository, storage } = await damaged(await bytes());
    const sum = await textAt(storage, `${base}.ziphash`);
    expect((await captured(repository)).present).toMatchObject({ zips: 1 });
    expect((await audited(repository)).report).toMatchObject({ damagedZips: 1, removed: 0, clean: false });

    const { events, report } = await audited(repository, remove);
    const removed = events.filter((event) => event.type === 'removed');
    expect(removed).toMatchObject([{ path, version, keys: [`${base}.zip`] }]);
    expect(report).toMatchObject({ damagedZips: 1, removed: 1, purged: 0, clean: false });
    const evidence = removed[0]?.evidence ?? '';
    expect(evidence).toMatch(/^\.gomodkit\/audit\/removed\//);
    expect(await textAt(storage, `${evidence}zip`)).toBe(new TextDecoder().decode(await bytes()));
    expect(JSON.parse((await textAt(storage, `${evidence}evidence.json`)) ?? '')).toMatchObject({ path, version });
    expect((await keysOf(storage)).filter((key) => key.startsWith(base))).toEqual(
      ['info', 'mod', 'ziphash'].map((end) => `${base}.${end}`),
    );

    expect((await captured(repository)).new).toMatchObject({ versions: 0, zips: 1 });
    expect(await textAt(storage, `${base}.ziphash`)).toBe(sum);
    expect((await audited(repository)).report).toMatchObject({ clean: true, zips: 1, damagedZips: 0 });
  });

  it('that was removed is followed by none of other content', async () => {
    const { repository, source } = await damaged('no zip');
    await audited(repository, remove);
    source.modules[path] = { versions: { [version]: { goMod, zip: await others() } } };
    expect((await captured(repository)).refused).toMatchObject([{ kind: 'zip', code: 'conflict' }]);
  });

  it('stays where nothing says that it is damaged', async () => {
    const { repository, storage } = await damaged(`${goMod}// more\n`, 'mod');
    expect((await audited(repository, remove)).report).toMatchObject({ damagedZips: 0, removed: 0, clean: false });
    expect(await storage.head(`${base}.zip`)).toBeDefined();
  });

  it.each(['no sum', ''])('stays where its .ziphash binds nothing: "%s"', async (sum) => {
    const { repository, storage } = await damaged(sum, 'ziphash');
    await storage.delete?.(`${base}.zip`);
    await put(storage, `${base}.zip`, 'no zip');
    expect((await audited(repository, remove)).report).toMatchObject({ damagedZips: 0, removed: 0 });
    expect(await storage.head(`${base}.zip`)).toBeDefined();
  });

  it('stays where a checksum database proves it, and its .ziphash is what is wrong', async () => {
    const { storage } = await damaged(hashGoMod(encodeUtf8(goMod)), 'ziphash');
    const verifier = { goMod: async () => true, zip: async () => true };
    const { report } = await audited(createRepositoryWith({ storage }, { verifier }), remove);
    expect(report).toMatchObject({ damagedZips: 0, removed: 0, findings: { ziphash_mismatch: 1 } });
  });

  it('stays where it is only larger than is allowed', async () => {
    const { storage } = await damaged('no zip');
    const { report } = await audited(createRepositoryWith({ storage, limits: { zip: 3 } }, {}), remove);
    expect(report).toMatchObject({ damagedZips: 0, removed: 0, findings: { bad_zip: 1 } });
  });

  it('stays when its evidence cannot be kept, or another has taken its place', async () => {
    const { storage } = await damaged('no zip');
    const over = (each: Storage) => createRepositoryWith({ storage: each }, {});
    const full = aroundStorage(storage, (method, _key, call) =>
      method === 'create' ? Promise.reject(new Error('full')) : call(),
    );
    await expect(audited(over(full), remove)).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await textAt(storage, `${base}.zip`)).toBe('no zip');
    const racing = aroundStorage(storage, async (method, key, call) => {
      if (method === 'create' && key.endsWith('evidence.json')) {
        await storage.delete?.(`${base}.zip`);
        await put(storage, `${base}.zip`, 'another');
      }
      return call();
    });
    expect((await audited(over(racing), remove)).report.removed).toBe(0);
    expect(await textAt(storage, `${base}.zip`)).toBe('another');
  });

  it('needs a storage that deletes', async () => {
    const { storage } = await damaged('no zip');
    const repository = createRepositoryWith({ storage: withoutDelete(storage) }, {});
    await expect(audited(repository, remove)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
