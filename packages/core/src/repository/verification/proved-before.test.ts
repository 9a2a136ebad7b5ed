// What was proved once: marks, evidence, restarts.

import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { aroundStorage, keysOf, put, zipOf } from '../testdata/fixture.ts';
import {
  bytes,
  evilFiles,
  files,
  goMod,
  moduleKeys,
  path,
  storedUnverified,
  takeDown,
  verifying,
  version,
} from './testdata/verifying.ts';

describe('what was proved before', () => {
  /** Replaces a stored file past the repository. */
  const replace = async (storage: Storage, kind: 'mod' | 'zip' | 'ziphash', content: Uint8Array): Promise<void> => {
    await storage.delete?.(`${path}/@v/${version}.${kind}`);
    await put(storage, `${path}/@v/${version}.${kind}`, content);
  };
  const finish = async (events: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of events);
  };
  const refused = { code: 'checksum_mismatch' };
  const evilMod = bytes(`${goMod}\n// evil\n`);

  it.each(['mod', 'zip'] as const)(
    'is refused at once when an audit disproves the .%s, and ever after',
    async (kind) => {
      const { repository, storage, database } = await verifying();
      await repository.zip(path, version);
      const evil = kind === 'mod' ? evilMod : await zipOf(path, version, evilFiles);
      await replace(storage, kind, evil);
      // Until somebody reads it, it is what it was.
      await repository.zip(path, version);
      await finish(repository.audit());
      for (let i = 0; i < 2; i++) await expect(repository.zip(path, version)).rejects.toMatchObject(refused);
      if (kind === 'mod') await expect(repository.goMod(path, version)).rejects.toMatchObject(refused);
      else await repository.goMod(path, version);
      // Others, and without the database, too.
      takeDown(database);
      for (const offline of [false, true]) {
        const later = await verifying({ storage, database, offline });
        await expect(later.repository.zip(path, version)).rejects.toMatchObject(refused);
        await expect(later.repository.zip(path, version, { cachedOnly: true })).rejects.toMatchObject(refused);
      }
    },
  );

  it('is refused also where nothing can be deleted', async () => {
    const inner = memoryStorage();
    const first = await verifying({ storage: inner });
    await first.repository.zip(path, version);
    await replace(inner, 'zip', await zipOf(path, version, evilFiles));
    const { delete: _, ...storage } = aroundStorage(inner, (__, ___, call) => call());
    await finish((await verifying({ storage })).repository.audit());
    expect((await keysOf(inner)).filter((key) => /\/(verified|disproved)\/.*zip$/.test(key))).toHaveLength(2);
    const later = await verifying({ storage });
    await expect(later.repository.zip(path, version)).rejects.toMatchObject(refused);
  });

  it('is served again once other bytes are in its place', async () => {
    const { repository, storage, database } = await verifying();
    await repository.zip(path, version);
    await replace(storage, 'zip', await zipOf(path, version, evilFiles));
    await finish(repository.audit());
    await replace(storage, 'zip', await zipOf(path, version, files));
    const later = await verifying({ storage });
    await later.repository.zip(path, version);
    expect((await keysOf(storage)).filter((key) => key.includes('/disproved/'))).toEqual([]);
    takeDown(database);
    await (await verifying({ storage, database })).repository.zip(path, version);
    // An audit that finds it good ends the refusal in its own process, too.
    await finish(repository.audit());
    await repository.zip(path, version);
  });

  it('vouches for no other bytes that came in its place', async () => {
    const { storage } = await verifying().then(async (setup) => {
      await setup.repository.zip(path, version);
      return setup;
    });
    for (const key of await moduleKeys(storage)) await storage.delete?.(key);
    await storedUnverified({ goMod, zip: await zipOf(path, version, evilFiles) }, storage);
    const offline = await verifying({ storage, offline: true });
    await expect(offline.repository.zip(path, version)).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/^SECURITY ERROR: .*not the one that was verified/),
    });
    const later = await verifying({ storage });
    await expect(later.repository.zip(path, version)).rejects.toMatchObject(refused);
    await replace(storage, 'mod', evilMod);
    await expect((await verifying({ storage, offline: true })).repository.info(path, version)).rejects.toMatchObject(
      refused,
    );
  });

  it('is asked about again where its mark is damaged', async () => {
    const { repository, storage } = await verifying();
    await repository.zip(path, version);
    const mark = (await keysOf(storage)).find((key) => /\/verified\/.*zip$/.test(key)) ?? '';
    for (const content of ['', 'h2:x', 'h1:x']) {
      await storage.delete?.(mark);
      await put(storage, mark, bytes(content));
      const later = await verifying({ storage });
      await later.repository.zip(path, version);
    }
  });
});
