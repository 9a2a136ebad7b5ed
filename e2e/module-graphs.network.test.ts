// The graphs of real modules, taken as main modules: build list and requirements are those of the go command, as they are and with a
// replacement and an exclusion more.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatEdges, formatListed, loadModuleGraph, type ModuleGraph } from '@gomodkit/core/graph';
import { editGoMod, parse } from '@gomodkit/core/modfile';
import type { ModuleSource } from '@gomodkit/core/source';
import { parseGoProxy, upstreamSource } from '@gomodkit/core/source';
import { goCommand, goEnvironment, tempDirectory } from '@gomodkit/testing';
import { beforeAll, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo } from './support/go.ts';

// With 45 modules or more, and graphs that an upstream with a limited choice has whole.
const modules = [
  'helm.sh/helm/v3@v3.22.0',
  'github.com/caddyserver/caddy/v2@v2.11.9',
  'github.com/golangci/golangci-lint@v1.64.8',
  'github.com/prometheus/prometheus@v0.51.0',
  'github.com/distribution/distribution/v3@v3.1.1',
  'github.com/spf13/viper@v1.12.0',
  'github.com/tomarrell/wrapcheck/v2@v2.12.0',
  'github.com/spiffe/go-spiffe/v2@v2.7.0',
  'k8s.io/kubectl@v0.37.2',
  'k8s.io/apiserver@v0.37.0',
  'k8s.io/apiextensions-apiserver@v0.37.0',
  'k8s.io/client-go@v0.37.0',
  'k8s.io/component-base@v0.37.0',
  'k8s.io/metrics@v0.37.0',
  'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1',
  'cloud.google.com/go@v0.116.0',
  'cloud.google.com/go/storage@v1.50.0',
  'cloud.google.com/go/monitoring@v1.21.2',
  'google.golang.org/api@v0.214.0',
  'google.golang.org/grpc@v1.82.1',
  'google.golang.org/genproto@v0.0.0-20241118233622-e639e219e697',
  'github.com/go-gorp/gorp/v3@v3.1.0',
  'github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus@v1.1.0',
  'github.com/envoyproxy/protoc-gen-validate@v1.3.0',
  'go.etcd.io/bbolt@v1.5.0',
  'gonum.org/v1/gonum@v0.17.0',
  // Unpruned from here on.
  'github.com/google/certificate-transparency-go@v1.1.2',
  'github.com/mozilla/tls-observatory@v0.0.0-20210609171429-7bc42856d2e5',
  'github.com/nelsam/hel/v2@v2.3.3',
  'github.com/poy/onpar@v1.1.2',
  'github.com/prometheus/client_golang@v1.12.1',
  'github.com/prometheus/common@v0.32.1',
  'github.com/grpc-ecosystem/go-grpc-middleware@v1.4.0',
  'github.com/armon/go-metrics@v0.3.10',
  'cloud.google.com/go/compute@v1.6.1',
  'cloud.google.com/go/bigquery@v1.8.0',
  'cloud.google.com/go/firestore@v1.6.1',
  'cloud.google.com/go/pubsub@v1.3.1',
];

describeWithGo('the graph of', () => {
  const keep = closeAfterAll();
  let proxy = '';
  let source: ModuleSource;
  let work = '';
  let variables: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    const list = (await goCommand(['env', 'GOPROXY'], { env: process.env as Record<string, string> })).stdout.trim();
    proxy = parseGoProxy(list).find(({ url }) => /^https?:/.test(url))?.url ?? '';
    source = upstreamSource(proxy);
    work = keep(await tempDirectory()).path;
    const settings = { GOFLAGS: '-mod=mod -modcacherw', GOTOOLCHAIN: 'local' };
    variables = keep(goEnvironment({ goproxy: proxy, variables: settings })).variables;
  });

  it.each(modules)('%s is that of the go command', async (module) => {
    const [path = '', version = ''] = module.split('@');
    const goMod = new TextDecoder().decode(await source.goMod(path, version));
    const loaded = await compare(goMod, module);
    expect(loaded.buildList.length).toBeGreaterThanOrEqual(45);
    await compare(withDirectives(goMod, loaded), `${module}-changed`);
  });

  async function compare(goMod: string, name: string): Promise<ModuleGraph> {
    const cwd = join(work, name.replaceAll('/', '_'));
    await mkdir(cwd);
    await writeFile(join(cwd, 'go.mod'), goMod);
    const loaded = await loadModuleGraph(parse('go.mod', goMod), { source });
    const go = (...args: string[]) => goCommand(args, { cwd, env: variables, timeout: 300_000 });
    expect(`${[...formatEdges(loaded)].join('\n')}\n`).toBe((await go('mod', 'graph')).stdout);
    // With -mod=mod a go line is added where there is none, and the graph is another.
    if (goMod.includes('\ngo ')) {
      expect(`${loaded.buildList.map(formatListed).join('\n')}\n`).toBe((await go('list', '-m', 'all')).stdout);
    }
    return loaded;
  }
});

/** The same with one version excluded that is selected but not required by the main module, and one replaced by an older one. */
function withDirectives(goMod: string, loaded: ModuleGraph): string {
  const editor = editGoMod(goMod);
  const required = new Set(loaded.roots.map(({ path }) => path));
  const excluded = loaded.buildList.find(({ path, version }) => version !== '' && !required.has(path));
  if (excluded !== undefined) editor.addExclude(excluded.path, excluded.version);
  const older = [...loaded.modules()].find(({ path, version }) => {
    const selected = loaded.selected(path);
    return version !== '' && required.has(path) && path.includes('.') && selected !== undefined && version !== selected;
  });
  if (older !== undefined) editor.addReplace({ path: older.path }, older);
  return editor.cleanup().format();
}
