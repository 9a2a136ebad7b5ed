// Servers of repositories that are hostile, broken or slow: every question ends in a clear error within its limits, nothing is left running,
// and the cache answers rightly as soon as the server does.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitSource, type GitSourceOptions, gitSource, isGoModKitError } from '@gomodkit/core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import * as hostile from '../packages/core/test/git/hostile.ts';
import { buildRecipes } from '../packages/core/test/git/recipes.ts';
import {
  type Behaviour,
  type GitServer,
  type GitServerOptions,
  startGitServer,
} from '../packages/core/test/git/server.ts';
import { ourAnswer } from './support/git-answers.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-hostile-'));
const root = join(scratch, 'root');
beforeAll(() => buildRecipes(['plain', 'history'], root));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Small, so that tests are quick. */
const limits = {
  fetchBytes: 3_000_000,
  fetchMilliseconds: 6000,
  idleMilliseconds: 1500,
  refs: 5000,
  refsBytes: 500_000,
} as const;

const question = { path: 'example.com/plain.git', query: 'v0.1.0' } as const;
const answer = {
  version: 'v0.1.0',
  time: '2022-03-01T10:20:30Z',
  sum: 'h1:d6Fxyz1Udzu0ELvEqGk0uOLhSEV4DzlhjhHvuQjeF60=',
  goModSum: 'h1:gwx5OQ2NwJWGWR2yb/3342BHTOoowJi+Tbekxxg8w6U=',
  origin: {
    VCS: 'git',
    URL: 'https://example.com/plain',
    Hash: 'b837c40a936cc286ed9344ed400cba59c7c353bd',
    Ref: 'refs/tags/v0.1.0',
  },
};
const commit = answer.origin.Hash;
const unknown = '1'.repeat(40);

/** What servers do, and how it ends: codes, and what the message must say. */
const cases: readonly (readonly [name: string, behaviour: Behaviour, codes: RegExp, says: RegExp])[] = [
  ['no answer to anything', hostile.stall(), /^upstream_timeout$/, /./],
  ['silence after the headers', hostile.stallAfter(0), /^upstream_timeout$/, /./],
  ['silence in the list of refs', hostile.only('listing', hostile.stallAfter(100)), /^upstream_timeout$/, /./],
  ['silence before the pack', hostile.only('pack', hostile.stall()), /^upstream_timeout$/, /./],
  ['silence in the pack', hostile.only('pack', hostile.stallAfter(300)), /^upstream_timeout$/, /./],
  ['a byte now and then', hostile.trickle(300), /^upstream_timeout$/, /./],
  ['progress for ever', hostile.endlessProgress(), /^upstream_(timeout|invalid)$|^limit_exceeded$/, /./],
  ['a pack without end', hostile.endlessPack(), /^limit_exceeded$|^needs_git_engine$/, /./],
  [
    'a pack of zeros without end',
    hostile.endlessPack('zeros'),
    /^(limit_exceeded|needs_git_engine|upstream_\w+)$/,
    /./,
  ],
  [
    'a blob that says it has 8 GiB',
    hostile.boastingPack(2 ** 33),
    /^upstream_invalid$|^limit_exceeded$|^needs_git_engine$/,
    /./,
  ],
  ['refs without end', hostile.manyRefs(unknown), /^limit_exceeded$/, /refs|limit/],
  ['a pack that ends early', hostile.only('pack', hostile.truncateAfter(400)), /^upstream_(invalid|unavailable)$/, /./],
  [
    'a connection that drops',
    hostile.only('pack', hostile.truncateAfter(400, 'drops')),
    /^upstream_(invalid|unavailable)$/,
    /./,
  ],
  ['refs that end early', hostile.only('listing', hostile.truncateAfter(90)), /^upstream_(invalid|unavailable)$/, /./],
  ['a checksum that does not fit', hostile.flipPackByte(-1), /^upstream_invalid$/, /./],
  ['a byte that was changed in the pack', hostile.flipPackByte(-60), /^upstream_invalid$/, /./],
  [
    'other objects than asked for',
    hostile.packWith([['blob', Buffer.from('x')]]),
    /^upstream_invalid$|^not_found$/,
    /./,
  ],
  ['an empty pack', hostile.packWith([]), /^upstream_invalid$|^not_found$/, /./],
  [
    'a page instead of refs',
    hostile.status(200, { 'Content-Type': 'text/html' }, '<html>sign in</html>'),
    /^upstream_invalid$|^not_found$/,
    /./,
  ],
  [
    '401',
    hostile.status(401, { 'WWW-Authenticate': 'Basic realm="x"' }),
    /^not_found$|^denied$|^upstream_\w+$/,
    /401|credential|auth/i,
  ],
  ['403', hostile.status(403), /^not_found$|^denied$|^upstream_\w+$/, /403|credentials/],
  ['404', hostile.status(404), /^not_found$/, /no repository/],
  ['410', hostile.status(410), /^not_found$|^gone$/, /./],
  ['500', hostile.status(500), /^upstream_unavailable$/, /500/],
  ['503 for packs', hostile.only('pack', hostile.status(503)), /^upstream_unavailable$/, /503/],
  ['redirects without end', hostile.redirectLoop(), /^upstream_(invalid|unavailable)$/, /redirect/i],
  ['a redirect to itself', hostile.redirectTo(''), /^upstream_(invalid|unavailable)$/, /redirect/i],
  [
    'a redirect to a link-local address',
    hostile.redirectTo('http://169.254.169.254'),
    /^upstream_invalid$/,
    /link-local/,
  ],
  ['a redirect to a file', hostile.redirectTo('file://'), /^upstream_(invalid|unavailable)$/, /./],
];

for (const engine of ['git', 'isomorphic'] as const) {
  describe.concurrent(`hostile servers and ${engine}`, () => {
    it.for(cases)('%s', { timeout: 30_000 }, async ([name, behaviour, codes, says], { expect, onTestFinished }) => {
      const { cache, server, source } = await start(onTestFinished, engine, { behaviour });
      const failure = await failureOf(source);
      expect(failure.code, failure.error).toMatch(codes);
      expect(failure.error).toMatch(says);
      expect(failure.error, name).toMatch(/example\.com\/plain|127\.0\.0\.1/);
      if (process.platform === 'linux') await expect.poll(() => processesIn(cache)).toEqual([]);
      server.behave(undefined);
      expect(await ourAnswer(source, question)).toEqual(answer);
    });

    it.for([
      '--upload-pack=touch x',
      'refs/heads/-x',
      'refs/tags/../../x',
      'refs/tags/v0.1.0\0x',
      'refs/heads/a b',
      'refs/tags/.lock',
      '@',
      'HEAD^{}',
      '../../x',
    ])('a ref that is called %j', async (name, { expect, onTestFinished }) => {
      const refs = [
        ['HEAD', commit],
        [name, commit],
        ['refs/tags/v0.1.0', commit],
      ] as const;
      const { source } = await start(onTestFinished, engine, { behaviour: hostile.refsNamed(refs) });
      const said = await ourAnswer(source, question);
      // Passed over, or a reason to believe nothing of the list.
      if ('error' in said) expect(said.code).toBe('upstream_invalid');
      else expect(said).toEqual(answer);
      const asked = await source
        .resolve(question.path, name.replace(/^refs\/\w+\//, ''))
        .catch((error: unknown) => error);
      expect(isGoModKitError(asked) || (asked as { version: string }).version === 'v0.1.0').toBe(true);
    });

    it('hashes that are none', async ({ expect, onTestFinished }) => {
      const refs = [['refs/tags/v0.1.0', '--output=/tmp/x'.padEnd(40, 'x')]] as const;
      const { source } = await start(onTestFinished, engine, { behaviour: hostile.refsNamed(refs) });
      expect((await failureOf(source)).code).toMatch(/^upstream_invalid$|^not_found$/);
    });

    it('a commit that is not there', async ({ expect, onTestFinished }) => {
      const refs = [['refs/tags/v0.1.0', unknown]] as const;
      const { source } = await start(onTestFinished, engine, { behaviour: hostile.refsNamed(refs) });
      expect((await failureOf(source)).code).toMatch(/^upstream_invalid$|^not_found$|^upstream_unavailable$/);
    });

    it('credentials go to no other host', async ({ expect, onTestFinished }) => {
      const other = await startGitServer(root);
      onTestFinished(() => other.close());
      const { server, source } = await start(
        onTestFinished,
        engine,
        {},
        { credentials: () => ({ authorization: 'Basic c2VjcmV0' }) },
      );
      server.behave(hostile.redirectTo(other.url.replace('127.0.0.1', 'localhost')));
      await ourAnswer(source, question);
      expect(server.requests.length).toBeGreaterThan(0);
      for (const { headers } of other.requests) expect(headers.authorization).toBeUndefined();
    });
  });
}

interface Started {
  readonly server: GitServer;
  readonly source: GitSource;
  readonly cache: string;
}

async function start(
  onTestFinished: (close: () => Promise<void>) => void,
  engine: 'git' | 'isomorphic',
  serverOptions: GitServerOptions,
  options: Partial<GitSourceOptions> = {},
): Promise<Started> {
  const server = await startGitServer(root, serverOptions);
  const cache = mkdtempSync(join(scratch, 'cache-'));
  const rewrites = [{ from: 'https://example.com/', to: `${server.url}/` }];
  const source = gitSource({ engine, cache, limits, rewrites, refsMaxAge: 0, ...options });
  onTestFinished(async () => {
    await source.close();
    await server.close();
  });
  return { server, source, cache };
}

async function failureOf(source: GitSource): Promise<{ readonly code: string; readonly error: string }> {
  const said = await ourAnswer(source, question);
  if ('error' in said) return said;
  throw new Error(`it answered ${JSON.stringify(said)}`);
}

/** Processes that work in the cache. */
function processesIn(cache: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
      return text.includes(cache) ? [`${pid} ${text}`] : [];
    } catch {
      return [];
    }
  });
}
