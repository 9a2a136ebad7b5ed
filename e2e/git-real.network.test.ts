// Real repositories with long histories, served from this machine: every tagged version of their modules resolves, and its h1 is that of the
// Go module proxy's zip, where the proxy has the version.
//
// GOMODKIT_TEST_REPOSITORIES names a directory of bare repositories (`gofumpt.git`, `helm.git`, …; those of `families` that are there are
// taken); without it the suite is skipped, visibly. GOMODKIT_TEST_SCALE=full compares every version that the proxy carries, else a few.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FindRepository,
  type GitSource,
  gitSource,
  isGoModKitError,
  type ModuleSource,
  upstreamSource,
} from '@gomodkit/core';
import { hashZip } from '@gomodkit/core/dirhash';
import { splitPathVersion } from '@gomodkit/core/module';
import { bytesSource } from '@gomodkit/core/zip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitServer, startGitServer } from '../packages/core/test/git/server.ts';
import { inParallel } from './support/parallel.ts';

const directory = process.env.GOMODKIT_TEST_REPOSITORIES ?? '';
const full = process.env.GOMODKIT_TEST_SCALE === 'full';

/** Repositories by their file name: the module path of their root, and the modules that are looked at. */
const families: Readonly<Record<string, { readonly root: string; readonly modules: readonly string[] }>> = {
  'gofumpt.git': { root: 'mvdan.cc/gofumpt', modules: ['mvdan.cc/gofumpt'] },
  'helm.git': { root: 'helm.sh/helm', modules: ['helm.sh/helm/v3', 'helm.sh/helm/v4'] },
  'caddy.git': { root: 'github.com/caddyserver/caddy', modules: ['github.com/caddyserver/caddy/v2'] },
  'goproxy.git': { root: 'github.com/goproxy/goproxy', modules: ['github.com/goproxy/goproxy'] },
  'terraform.git': { root: 'github.com/hashicorp/terraform', modules: ['github.com/hashicorp/terraform'] },
  'opentelemetry-go-contrib.git': {
    root: 'go.opentelemetry.io/contrib',
    modules: [
      'instrumentation/net/http/otelhttp',
      'instrumentation/google.golang.org/grpc/otelgrpc',
      'propagators/b3',
      'propagators/jaeger',
      'propagators/ot',
      'propagators/aws',
      'detectors/gcp',
    ].map((module) => `go.opentelemetry.io/contrib/${module}`),
  },
};

const present = Object.entries(families).filter(([name]) => directory !== '' && existsSync(join(directory, name)));

describe.skipIf(present.length === 0)(
  `real repositories (GOMODKIT_TEST_REPOSITORIES=${directory || 'not set'})`,
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'git-real-'));
    let server: GitServer;
    let proxy: ModuleSource;
    let source: GitSource;
    beforeAll(async () => {
      server = await startGitServer(directory);
      proxy = upstreamSource(goProxy());
      source = gitSource({
        cache: join(scratch, 'cache'),
        engine: 'git',
        findRepository,
        perHost: { concurrency: 4, requestsPerSecond: 1000 },
        refsMaxAge: 600_000,
        rewrites: [{ from: 'https://repositories.example/', to: `${server.url}/` }],
      });
    });
    afterAll(async () => {
      await source?.close();
      await server?.close();
      rmSync(scratch, { recursive: true, force: true });
    });

    /** The repository of a module, without its host. */
    const findRepository: FindRepository = async (path) => {
      const [name, { root }] = present.find(([, family]) => `${path}/`.startsWith(`${family.root}/`)) ?? [
        '',
        { root: '' },
      ];
      const own = root === 'helm.sh/helm' ? `${root}${splitPathVersion(path)?.pathMajor ?? ''}` : root;
      return { root: own, kind: 'git', url: `https://repositories.example/${name}`, subdirectory: '', fromPage: false };
    };

    const modules = present.flatMap(([, family]) => family.modules);
    let compared = 0;

    it.each(modules)(
      '%s: every tagged version is found, and has the sum that the proxy has',
      async (module) => {
        const versions = await source.versions(module);
        expect(versions.length).toBeGreaterThan(0);
        const begun = performance.now();
        const failures: string[] = [];
        await inParallel(versions, 4, async (version) => {
          const found = await source.resolve(module, version).catch((error: Error) => error);
          if ('version' in found) expect(found.version).toBe(version);
          // Tags older than the module's go.mod are listed and are none, as in go.
          else if (!isGoModKitError(found, 'not_found')) failures.push(`${version}: ${found.message}`);
        });
        expect(failures).toEqual([]);
        const resolved = performance.now();
        const carried = await proxyVersions(module);
        const both = versions.filter((version) => carried.has(version));
        const wanted = full ? both : both.slice(-2);
        const differing = await inParallel(wanted, 2, async (version) => {
          const theirs = await proxySum(module, version);
          if (theirs === undefined) return [];
          compared++;
          const ours = await sumOf(source, module, version);
          return ours === theirs ? [] : [`${version}: ${ours}, and the proxy has ${theirs}`];
        });
        console.log(
          `${module}: ${versions.length} versions resolved in ${seconds(resolved - begun)}, ${wanted.length} compared in ${seconds(performance.now() - resolved)}`,
        );
        expect(differing.flat()).toEqual([]);
      },
      3_600_000,
    );

    it('many sums were compared', () => {
      console.log(`${compared} sums compared`);
      expect(compared).toBeGreaterThan(full ? 49 : 0);
    });

    /** What the proxy carries: its list, and where it has none, nothing. */
    async function proxyVersions(module: string): Promise<ReadonlySet<string>> {
      return new Set(await proxy.versions(module).catch(() => []));
    }

    /** The sum of the proxy's zip; undefined where it does not hand it out. */
    async function proxySum(module: string, version: string): Promise<string | undefined> {
      return sumOf(proxy, module, version).catch((error: unknown) => {
        if (isGoModKitError(error)) return undefined;
        throw error;
      });
    }
  },
);

async function sumOf(source: ModuleSource, path: string, version: string): Promise<string> {
  const { body } = await source.zip(path, version);
  return hashZip(bytesSource(new Uint8Array(await new Response(body).arrayBuffer())));
}

function goProxy(): string {
  const list = execFileSync('go', ['env', 'GOPROXY'], { encoding: 'utf8' }).trim();
  return list.split(/[,|]/)[0] ?? '';
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
