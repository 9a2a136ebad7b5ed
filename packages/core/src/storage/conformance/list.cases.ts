// Listing: order, completeness, prefixes, paging.

import { compareUtf8 } from '../../bytes/utf8.ts';
import { type Check, type ConformanceCase, casesOf } from './case.ts';
import { fill, keysOf, rejectsWith, same } from './tools.ts';

/** In UTF-8 byte order. A file tree walked naively, a UTF-16 sort and a locale sort each get some of these wrong. */
const siblings: readonly string[] = [
  '!a/@v/v1.0.0.info',
  'a!b/c',
  'a+b/c',
  'a-b/c',
  'a-b/d/e',
  'a.b/c',
  'a/b',
  'a/b-c/d',
  'a/b.c',
  'a/b0',
  'a/bb/c',
  'a0/b',
  'a@b/c',
  'a_b/c',
  'ab',
  'a~b/c',
  'a\u00e4/x',
  'a\uff5e/x',
  'a\u{1f600}/x',
];

const order = casesOf('list-order', {
  'sorts by UTF-8 bytes across folders': async ({ storage }, check: Check) => {
    await fill(storage, [...siblings].reverse());
    const listed = await keysOf(storage);
    const sorted = [...listed].sort(compareUtf8);
    check(same(listed, sorted), `listed ${listed.join(' ')}, want ${sorted.join(' ')}`);
  },
  'sorts numbers as text': async ({ storage }, check: Check) => {
    await fill(storage, ['n/10', 'n/9', 'n/1', 'n/100', 'n/09']);
    const listed = await keysOf(storage, { prefix: 'n/' });
    check(same(listed, [...listed].sort(compareUtf8)), `listed ${listed.join(' ')}`);
  },
});

const complete = casesOf('list-complete', {
  'names every key once, whatever the page size': async ({ storage, limits }, check: Check) => {
    const keys = manyKeys(limits.keys);
    await fill(storage, keys);
    for (const limit of [2, 7, keys.length - 1, keys.length, keys.length + 1]) {
      const listed = [...new Set(await keysOf(storage, { limit }))].sort(compareUtf8);
      const missing = keys.find((key) => !listed.includes(key));
      check(missing === undefined, `pages of ${limit} skip ${missing}`);
      check(listed.length === keys.length, `pages of ${limit} name ${listed.length} keys, want ${keys.length}`);
    }
  },
  'keeps to the limit and says when there is more': async ({ storage }, check: Check) => {
    const keys = manyKeys(20);
    await fill(storage, keys);
    const page = await storage.list({ limit: 6 });
    check(page.objects.length <= 6, `a page of 6 has ${page.objects.length} objects`);
    check(page.more && page.objects.length > 0, 'a page that leaves keys out is empty or does not say `more`');
    // `more` may be a guess when a page ends with the last key, but then the next page has to be the end.
    const end = await storage.list({ after: keys.at(-1) });
    check(end.objects.length === 0 && !end.more, 'the page after the last key is not the end');
  },
  'refuses limits that are none': async ({ storage }, check: Check) => {
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      await rejectsWith(check, () => storage.list({ limit }), 'invalid_argument', `list() with limit ${limit}`);
    }
  },
});

const prefixes = casesOf('list-prefix', {
  'takes any string prefix': async ({ storage }, check: Check) => {
    await fill(storage, siblings);
    for (const prefix of ['', 'a', 'a/', 'a/b', 'a/b-', 'a/bb/c', 'a-', 'a-b/', '!', 'ab', 'a\u00e4', 'zz', 'a/b/c']) {
      const listed = [...(await keysOf(storage, { prefix }))].sort(compareUtf8);
      const wanted = siblings.filter((key) => key.startsWith(prefix));
      check(same(listed, wanted), `prefix "${prefix}": listed ${listed.join(' ')}, want ${wanted.join(' ')}`);
    }
  },
  'pages inside a prefix': async ({ storage }, check: Check) => {
    await fill(storage, siblings);
    for (const prefix of ['a/', 'a/b', 'a-b/']) {
      const listed = [...new Set(await keysOf(storage, { prefix, limit: 2 }))].sort(compareUtf8);
      const wanted = siblings.filter((key) => key.startsWith(prefix));
      check(same(listed, wanted), `prefix "${prefix}" by twos: listed ${listed.join(' ')}, want ${wanted.join(' ')}`);
    }
  },
});

const after = casesOf('list-after', {
  'starts behind `after`, be it a key or not': async ({ storage }, check: Check) => {
    await fill(storage, siblings);
    const places = [...siblings, '', ' ', 'a', 'a/', 'a/b-c', 'a/b-c/', 'a/b0/', 'a\u{10ffff}', 'zz', '~'];
    for (const place of places) {
      const listed = [...(await keysOf(storage, { after: place }))].sort(compareUtf8);
      const wanted = siblings.filter((key) => compareUtf8(key, place) > 0);
      check(same(listed, wanted), `after "${place}": listed ${listed.join(' ')}, want ${wanted.join(' ')}`);
    }
  },
  'combines with a prefix': async ({ storage }, check: Check) => {
    await fill(storage, siblings);
    for (const place of ['a', 'a/b', 'a/b.c', 'a/z', 'b', '!']) {
      const listed = [...(await keysOf(storage, { prefix: 'a/', after: place }))].sort(compareUtf8);
      const wanted = siblings.filter((key) => key.startsWith('a/') && compareUtf8(key, place) > 0);
      check(same(listed, wanted), `prefix "a/" after "${place}": listed ${listed.join(' ')}, want ${wanted.join(' ')}`);
    }
  },
  'goes on correctly after inserts between pages': async ({ storage }, check: Check) => {
    const keys = manyKeys(12);
    await fill(storage, keys);
    const first = await storage.list({ limit: 5 });
    const last = first.objects.at(-1)?.key ?? '';
    // One insert behind the reader, which it must not see, and two before it, which it must.
    await fill(storage, ['aa/before', `${last}.next`, 'zz/after']);
    const rest = (await storage.list({ after: last })).objects.map((object) => object.key);
    const wanted = [...keys, `${last}.next`, 'zz/after'].filter((key) => compareUtf8(key, last) > 0);
    const lost = wanted.find((key) => !rest.includes(key));
    check(lost === undefined, `the page after ${last} lacks ${lost}`);
    check(!rest.includes('aa/before') && !rest.includes(last), `the page after ${last} repeats what lies before it`);
  },
});

const afterDeletes = casesOf(
  'list-after',
  {
    'goes on correctly after deletes between pages': async ({ storage }, check: Check) => {
      const keys = manyKeys(12);
      await fill(storage, keys);
      const last = (await storage.list({ limit: 5 })).objects.at(-1)?.key ?? '';
      const [next = ''] = keys.filter((key) => compareUtf8(key, last) > 0);
      // The very place where the reader stands, and the key it would see next.
      for (const gone of [last, next]) await storage.delete?.(gone);
      const rest = (await storage.list({ after: last })).objects.map((object) => object.key);
      const wanted = keys.filter((key) => compareUtf8(key, next) > 0);
      // What delete() leaves behind is the business of another clause.
      const seen = rest.filter((key) => key !== next);
      check(
        same([...seen].sort(compareUtf8), wanted),
        `after ${last}: listed ${seen.join(' ')}, want ${wanted.join(' ')}`,
      );
    },
  },
  ['delete'],
);

/** Keys in several folders, in order. */
function manyKeys(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `m${i % 5}/n${i % 3}/v${String(i).padStart(5, '0')}`).sort(
    compareUtf8,
  );
}

/** Everything about listing. */
export const listCases: readonly ConformanceCase[] = [...order, ...complete, ...prefixes, ...after, ...afterDeletes];
