// What is known of an object, what ends it, and several storages over the same data.

import { bytesSource, readAll } from '../../bytes/source.ts';
import { encodeUtf8, equalBytes } from '../../bytes/utf8.ts';
import { isGoModKitError } from '../../errors/error.ts';
import type { ObjectInfo, Storage } from '../storage.ts';
import { type Check, type ConformanceCase, casesOf } from './case.ts';
import { fill, holds, keysOf, outcome, pattern, rejectsWith, text } from './tools.ts';

const key = 'example.com/m/@v/v1.0.0.zip';

const info = casesOf('info', {
  'is the same from get(), head() and list(), again and again': async ({ storage }, check: Check) => {
    await fill(storage, [key]);
    const seen: ObjectInfo[] = [];
    for (let i = 0; i < 2; i++) {
      const object = await storage.get(key);
      await object?.body.cancel();
      const listed = (await storage.list()).objects.find((item) => item.key === key);
      for (const found of [object, await storage.head(key), listed]) if (found) seen.push(found);
      await storage.create(`other/${i}`, text('another object'));
    }
    const facts = new Set(seen.map(({ etag, size, modified }) => `${etag} ${size} ${modified.getTime()}`));
    check(seen.length === 6 && facts.size === 1, `the facts differ: ${[...facts].join(' | ')}`);
  },
  'has a usable etag and time': async ({ storage }, check: Check) => {
    await storage.create(key, text('x'));
    const found = await storage.head(key);
    check(found !== undefined, 'head() does not find the object');
    check(
      /^[\x21\x23-\x7e]+$/.test(found.etag) && !found.etag.startsWith('W/'),
      `etag ${found.etag} is not bare and strong`,
    );
    check(!Number.isNaN(found.modified.getTime()), 'modified is no time');
  },
  'has another etag for other bytes': async ({ storage }, check: Check) => {
    if (!storage.delete) return;
    const etags = new Set<string>();
    let created = 0;
    for (let i = 0; i < 10; i++) {
      const result = await storage.create(key, bytesSource(pattern(100, i)));
      // Deleting is the business of the clause "delete".
      if (result.created) created++;
      etags.add((await storage.head(key))?.etag ?? '');
      await storage.delete(key);
    }
    check(etags.size === Math.max(created, 1), `${created} different objects of one size have ${etags.size} etags`);
  },
});

const remove = casesOf(
  'delete',
  {
    'removes an object for get(), head() and list()': async ({ storage }, check: Check) => {
      await fill(storage, [key, 'example.com/m/@v/v1.0.0.mod']);
      await storage.delete?.(key);
      check((await storage.get(key)) === undefined, 'get() finds a deleted object');
      check((await storage.head(key)) === undefined, 'head() finds a deleted object');
      const listed = await keysOf(storage);
      check(!listed.includes(key), 'list() names a deleted object');
      check(listed.includes('example.com/m/@v/v1.0.0.mod'), 'its neighbour is gone too');
    },
    'takes absent keys without error': async ({ storage }, check: Check) => {
      await fill(storage, [key]);
      for (const absent of ['absent', 'a/b/c', `${key}/x`, 'example.com/m']) {
        const result = await outcome((async () => storage.delete?.(absent))());
        check('value' in result, `delete(${absent}) failed`);
      }
      check((await storage.head(key)) !== undefined, 'deleting absent keys removed an object');
    },
    'lets the key be created anew': async ({ storage }, check: Check) => {
      await storage.create(key, text('old'));
      await storage.delete?.(key);
      const { created } = await storage.create(key, text('new'));
      check(created && (await holds(storage, key, encodeUtf8('new'))), 'a deleted key cannot be created again');
    },
  },
  ['delete'],
);

const sweep = casesOf(
  'sweep',
  {
    'removes no object and resolves to a number': async ({ storage }, check: Check) => {
      await fill(storage, [key, 'a/b', '.gomodkit/x']);
      const removed = await storage.sweep?.({ olderThan: new Date(Date.now() + 3_600_000) });
      check(typeof removed === 'number' && removed >= 0, `sweep() resolved to ${removed}`);
      check((await keysOf(storage)).length === 3, 'sweep() removed an object');
    },
    'does not disturb a create under way': async ({ storage }, check: Check) => {
      const creating = Array.from({ length: 5 }, (_, i) => storage.create(`c/${i}`, bytesSource(pattern(400_000, i))));
      await storage.sweep?.({ olderThan: new Date(0) });
      const ends = await Promise.all(creating.map(outcome));
      check(
        ends.every((end) => 'value' in end && end.value.created),
        'a create failed while sweep() ran',
      );
    },
  },
  ['sweep'],
);

const signedUrl = casesOf(
  'signed-url',
  {
    'names the object and nothing else': async ({ storage }, check: Check) => {
      const keys = [key, 'github.com/!burnt!sushi/toml/@v/v2.0.0+incompatible.zip', 'per%20cent/a b/#x'];
      await fill(storage, keys);
      for (const name of keys) {
        const url = await signed(check, storage, name);
        if (url === undefined) return;
        const whole = await fetch(url);
        check(whole.ok && (await whole.text()) === name, `GET of the URL of ${name} answers ${whole.status}`);
        const part = await fetch(url, { headers: { range: 'bytes=1-2' } });
        check(part.status === 206 && (await part.text()) === name.slice(1, 3), `the URL of ${name} knows no ranges`);
      }
    },
    'does not look whether the object is there': async ({ storage }, check: Check) => {
      const url = await signed(check, storage, 'absent');
      if (url === undefined) return;
      const answer = await fetch(url);
      await answer.body?.cancel();
      check(!answer.ok, 'the URL of an absent object answers with something');
    },
    'refuses times that are none': async ({ storage }, check: Check) => {
      for (const expiresIn of [0, -1, 1.5, 604_801, Number.NaN]) {
        const call = async (): Promise<unknown> => storage.signedUrl?.(key, { expiresIn });
        await rejectsWith(check, call, 'invalid_argument', `signedUrl() for ${expiresIn} seconds`);
      }
    },
  },
  ['signedUrl'],
);

/** A URL; undefined where these credentials cannot sign. */
async function signed(check: Check, storage: Storage, name: string): Promise<string | undefined> {
  const result = await outcome((async () => storage.signedUrl?.(name, { expiresIn: 60 }))());
  if ('error' in result && isGoModKitError(result.error, 'unsupported')) return undefined;
  const url = 'value' in result ? result.value : undefined;
  check(typeof url === 'string', `signedUrl(${name}) failed: ${String('error' in result && result.error)}`);
  check(/^https?:\/\//.test(url), `signedUrl(${name}) is no absolute URL`);
  return url;
}

const close = casesOf(
  'close',
  {
    'can be called twice': async ({ storage }, check: Check) => {
      await storage.close?.();
      const again = await outcome((async () => storage.close?.())());
      check('value' in again, 'the second close() failed');
    },
    'makes later calls reject with closed': async ({ storage }, check: Check) => {
      await storage.create(key, text('x'));
      await storage.close?.();
      await rejectsWith(check, () => storage.get(key), 'closed', 'get()');
      await rejectsWith(check, () => storage.head(key), 'closed', 'head()');
      await rejectsWith(check, () => storage.list(), 'closed', 'list()');
      await rejectsWith(check, () => storage.create('other', text('x')), 'closed', 'create()');
      if (storage.delete) await rejectsWith(check, async () => storage.delete?.(key), 'closed', 'delete()');
      if (storage.signedUrl) await rejectsWith(check, async () => storage.signedUrl?.(key), 'closed', 'signedUrl()');
      const olderThan = new Date(0);
      if (storage.sweep) await rejectsWith(check, async () => storage.sweep?.({ olderThan }), 'closed', 'sweep()');
    },
    'lets a body that is open be read on': async ({ storage }, check: Check) => {
      const bytes = pattern(400_000, 6);
      await storage.create(key, bytesSource(bytes));
      const object = await storage.get(key);
      check(object !== undefined, 'get() does not find the object');
      await storage.close?.();
      const read = await outcome(readAll(object.body));
      check('value' in read && equalBytes(read.value, bytes), 'a body that was open when close() came breaks off');
    },
  },
  ['close'],
);

const instances = casesOf(
  'instances',
  {
    'see each other’s objects at once': async ({ storage, again }, check: Check) => {
      const other = await again?.();
      if (!other) return;
      await other.head(key);
      await other.list();
      await storage.create(key, text('mine'));
      check(await holds(other, key, encodeUtf8('mine')), 'the other instance reads something else');
      check((await keysOf(other)).includes(key), 'the other instance does not list the object');
      const [mine, theirs] = [await storage.head(key), await other.head(key)];
      check(mine?.etag === theirs?.etag, `etags differ: ${mine?.etag} and ${theirs?.etag}`);
      check((await other.create(key, text('theirs'))).created === false, 'the other instance created the key again');
    },
    'race as one': async ({ storage, again, limits }, check: Check) => {
      const other = await again?.();
      if (!other) return;
      for (let round = 0; round < 10; round++) {
        const name = `race/${round}`;
        const racers = Array.from({ length: limits.racers }, (_, i) =>
          (i % 2 === 0 ? storage : other).create(name, bytesSource(pattern(500 + i, i))),
        );
        const winners = (await Promise.all(racers)).filter((end) => end.created);
        check(winners.length === 1, `${winners.length} creates won across two instances`);
      }
    },
  },
  ['again'],
);

/** Everything about an object's life. */
export const lifecycleCases: readonly ConformanceCase[] = [
  ...info,
  ...remove,
  ...sweep,
  ...signedUrl,
  ...close,
  ...instances,
];
