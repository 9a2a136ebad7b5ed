import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeVectors } from '../../test/vectors.ts';
import { pathProblem } from '../module/path.ts';
import { healthPaths } from './health.ts';
import { parseTarget, type Target } from './target.ts';

const parse = (url: string, basePath = ''): Target => parseTarget(url, { basePath, health: healthPaths(undefined) });

/** One line: what a target means, or why not. */
function say(url: string, basePath?: string): string {
  const target = parse(url, basePath);
  switch (target.kind) {
    case 'refused':
      return `${target.status} ${target.text.split('\n')[0]}`;
    case 'health':
      return `health ${target.check}`;
    case 'sumdb':
      return `sumdb ${target.database} ${target.path}`;
    case 'index':
      return 'index';
    case 'tlog':
      return `tlog ${target.prefix} ${target.path}`;
    default:
      return `${target.kind} ${target.module}${target.version === '' ? '' : `@${target.version}`}`;
  }
}

const golden: readonly (readonly [url: string, means: string])[] = [
  ['/example.com/@latest', 'latest example.com'],
  ['/example.com/@v/list', 'list example.com'],
  ['/example.com/@v/list?go-get=1', 'list example.com'],
  ['/example.com/@v/list#top', 'list example.com'],
  ['/example.com/@v/v1.0.0.info', 'info example.com@v1.0.0'],
  ['/example.com/@v/v1.0.0.mod', 'mod example.com@v1.0.0'],
  ['/example.com/@v/v1.0.0.zip', 'zip example.com@v1.0.0'],
  ['/example.com/@v/v1.0.0.info.info', 'info example.com@v1.0.0.info'],
  ['/example.com/@v/main.info', 'info example.com@main'],
  ['/example.com/@v/v1.info', 'info example.com@v1'],
  ['/example.com/@v/1a2b3c4d5e6f.info', 'info example.com@1a2b3c4d5e6f'],
  ['/example.com/@v/v1.0.0+incompatible.info', 'info example.com@v1.0.0+incompatible'],
  ['/github.com/!azure/go/@v/list', 'list github.com/Azure/go'],
  ['/github.com/%21azure/go/@v/list', 'list github.com/Azure/go'],
  ['/github.com/%21%61zure/go/%40v/list', 'list github.com/Azure/go'],
  ['/github.com%2Fa%2Fb/@v/list', 'list github.com/a/b'],
  ['/golang.org/toolchain/@v/v0.0.1-go1.21.0.linux-amd64.zip', 'zip golang.org/toolchain@v0.0.1-go1.21.0.linux-amd64'],
  // Encoded twice is decoded once.
  ['/github.com/%2521azure/go/@v/list', '404 not found: invalid escaped module path "github.com/%21azure/go": '],
  ['http://127.0.0.1:3000/example.com/@v/list?x', 'list example.com'],
  ['HTTPS://user@host/example.com/@v/list', 'list example.com'],
  ['http://127.0.0.1:3000', '404 not found: this is a Go module proxy'],
  ['/healthz', 'health live'],
  ['/readyz?verbose', 'health ready'],
  ['/sumdb/sum.golang.org/supported', 'sumdb sum.golang.org supported'],
  // No endpoint.
  ['', '404 not found: this is a Go module proxy'],
  ['/', '404 not found: this is a Go module proxy'],
  ['*', '404 not found: this is a Go module proxy'],
  ['/x', '404 not found: "/x" is no path of a module proxy'],
  ['/example.com/m/@v', '404 not found: unknown endpoint "@v"'],
  ['/example.com/m/@v/', '404 not found: unknown endpoint "@v/"'],
  ['/example.com/m/@v/LIST', '404 not found: unknown endpoint'],
  ['/example.com/m/@latest/', '404 not found: unknown endpoint'],
  ['/example.com/m/@LATEST', '404 not found: unknown endpoint'],
  ['/example.com/m/@v/v1.0.0.INFO', '404 not found: unknown endpoint'],
  ['/example.com/m/@v/v1.0.0', '404 not found: unknown endpoint'],
  ['/example.com/m/@v/v1.0.0.ziphash', '404 not found: unknown endpoint'],
  ['/example.com/m/@w/v1.0.0.info', '404 not found: unknown endpoint'],
  ['xexample.com/m/@v/list', '404 not found: "xexample.com/m/@v/list" is no path'],
  // Malformed paths.
  ['/@v/list', '404 not found: invalid escaped module path ""'],
  ['/m/@v/list', '404 not found: invalid escaped module path "m"'],
  ['/Example.com/m/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/M/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/!!m/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/m!/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/../m/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/%2e%2e/m/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com//m/@v/list', '404 not found: invalid escaped module path'],
  ['//example.com/m/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/m//@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/a%5cb/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/%00/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/m%0d%0ax/@v/list', '404 not found: invalid escaped module path'],
  ['/-example.com/m/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/.git/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/m/v1/@v/list', '404 not found: invalid escaped module path'],
  ['/gopkg.in/yaml/@v/list', '404 not found: invalid escaped module path'],
  ['/example.com/%zz/@v/list', '404 not found: bad percent-encoding'],
  ['/example.com/%/@v/list', '404 not found: bad percent-encoding'],
  ['/example.com/%ff/@v/list', '404 not found: the request path is not UTF-8'],
  ['/example.com/%c0%af/@v/list', '404 not found: the request path is not UTF-8'],
  // Malformed versions.
  ['/example.com/m/@v/.info', '404 not found: invalid escaped version ""'],
  ['/example.com/m/@v/a/b.info', '404 not found: invalid escaped version "a/b"'],
  ['/example.com/m/@v/a%2fb.info', '404 not found: invalid escaped version "a/b"'],
  ['/example.com/m/@v/...info', '404 not found: invalid escaped version ".."'],
  ['/example.com/m/@v/con.info', '404 not found: invalid escaped version "con"'],
  ['/example.com/m/@v/V1.0.0.info', '404 not found: invalid escaped version'],
  ['/example.com/m/@v/%00.info', '404 not found: invalid escaped version'],
  // What only canonical versions have.
  ['/example.com/m/@v/main.mod', '404 not found: example.com/m@main has no .mod: only canonical versions'],
  ['/example.com/m/@v/v1.zip', '404 not found: example.com/m@v1 has no .zip: only canonical versions'],
  ['/example.com/m/@v/v1.0.0+meta.mod', '404 not found: example.com/m@v1.0.0+meta has no .mod: only canonical'],
  [
    '/example.com/m/@v/v2.0.0.zip',
    '404 not found: example.com/m@v2.0.0 has no .zip: should be v0 or v1, not v2; v2 is named',
  ],
  ['/example.com/m/v2/@v/v1.0.0.mod', '404 not found: example.com/m/v2@v1.0.0 has no .mod: should be v2, not v1'],
  ['/example.com/m/@v/v2.0.0.info', 'info example.com/m@v2.0.0'],
  ['/example.com/m/@v/v2.0.0+incompatible.zip', 'zip example.com/m@v2.0.0+incompatible'],
  // Queries of the client's own.
  ['/example.com/m/@v/latest.info', '404 not found: "latest" is not a version'],
  ['/example.com/m/@v/upgrade.info', '404 not found: "upgrade" is not a version'],
  ['/example.com/m/@v/patch.info', '404 not found: "patch" is not a version'],
  // Paths that are too short for their host.
  [
    '/github.com/@v/list',
    '404 not found: "github.com" is no module: modules of this host are named github.com/OWNER/REPO',
  ],
  ['/github.com/x/@latest', '404 not found: "github.com/x" is no module'],
  ['/github.com/x/@v/v1.0.0.info', '404 not found: "github.com/x" is no module'],
  ['/github.com/x/y/@latest', 'latest github.com/x/y'],
  ['/bitbucket.org/x/@latest', '404 not found: "bitbucket.org/x" is no module'],
  ['/hub.jazz.net/git/u/@latest', '404 not found: "hub.jazz.net/git/u" is no module'],
  ['/hub.jazz.net/other/@latest', 'latest hub.jazz.net/other'],
  ['/chiselapp.com/user/u/repository/@latest', '404 not found: "chiselapp.com/user/u/repository" is no module'],
  ['/github.community/x/@latest', 'latest github.community/x'],
];

describe('parseTarget', () => {
  it.each(golden)('%s', (url, means) => {
    expect(say(url).slice(0, means.length)).toBe(means);
  });

  it.each([
    ['/go/example.com/@v/list', 'list example.com'],
    ['/%67o/example.com/@v/list', 'list example.com'],
    ['/go/healthz', 'health live'],
    ['/go/sumdb/sum.golang.org/latest', 'sumdb sum.golang.org latest'],
    ['/go', '404 not found: this is a Go module proxy'],
    ['/go/', '404 not found: this is a Go module proxy'],
    ['http://host/go/example.com/@v/list', 'list example.com'],
    ['/gox/example.com/@v/list', '404 not found: this server answers below /go/ only'],
    ['/example.com/@v/list', '404 not found: this server answers below /go/ only'],
    ['/', '404 not found: this server answers below /go/ only'],
    ['/healthz', '404 not found: this server answers below /go/ only'],
    ['/go//example.com/@v/list', '404 not found: invalid escaped module path'],
    ['/go/../example.com/@v/list', '404 not found: invalid escaped module path'],
  ])('below /go: %s', (url, means) => {
    expect(say(url, '/go').slice(0, means.length)).toBe(means);
  });

  it('limits the length of targets without a look at the query', () => {
    expect(say(`/example.com/@v/list?${'q'.repeat(100_000)}`)).toBe('list example.com');
    expect(say(`/${'a/'.repeat(5_000)}@v/list`)).toBe('404 not found: the request path is longer than 4096 bytes');
  });

  it('refuses what no storage key could hold', () => {
    expect(say(`/example.com/${'a'.repeat(232)}/@v/list`)).toBe(`list example.com/${'a'.repeat(232)}`);
    expect(say(`/example.com/${'a'.repeat(233)}/@v/list`)).toContain(
      '404 not found: the module path or version is too long',
    );
    expect(say(`/example.com/${'!a'.repeat(120)}/@v/list`)).toContain('too long');
    expect(say(`/example.com/@v/v1.0.0-${'a'.repeat(230)}.mod`)).toContain('too long');
    expect(say(`/example.com${'/abcdefghi'.repeat(90)}/@v/list`)).toContain('too long');
  });

  it('gives valid paths whatever comes in', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'example.com',
        'github.com',
        '!a',
        '%21a',
        '..',
        '%2e',
        '%',
        '%00',
        '@v',
        '@latest',
        'list',
        'v1.0.0.info',
        '.mod',
        '.zip',
        'sumdb',
        'lookup',
        'v2',
        '\u00e9',
        '\ud800',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    const target = fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(fc.oneof(target, fc.string({ unit: 'binary' })), (url) => {
        const parsed = parse(url);
        if ('module' in parsed && parsed.module !== undefined) expect(pathProblem(parsed.module)).toBe(undefined);
      }),
      { numRuns: 2000 },
    );
  });
});

interface PathCase {
  readonly path: string;
  readonly reject?: string;
  readonly request?: {
    readonly kind: string;
    readonly module?: string;
    readonly version?: string;
    readonly name?: string;
    readonly rest?: string;
  };
}

/** How our texts say what the vectors call the reasons. */
const reasons: Readonly<Record<string, RegExp>> = {
  'invalid module path': /invalid escaped module path|malformed module path/,
  'invalid version': /invalid escaped version/,
  'unknown endpoint': /unknown endpoint|no path of a module proxy/,
  'only canonical versions of this path have .mod and .zip': /has no \.(mod|zip): /,
  'malformed lookup': /malformed lookup/,
  'bad percent-encoding': /bad percent-encoding/,
  'not UTF-8': /not UTF-8/,
};

describeVectors<PathCase>('proxy-request-path', (file) => {
  it.each(file.cases)('$path', ({ path, request, reject }) => {
    const parsed = parse(path);
    if (reject !== undefined) {
      expect(parsed).toMatchObject({ kind: 'refused', text: expect.stringMatching(reasons[reject] ?? /^$/) });
    } else if (request?.kind === 'sumdb') {
      const { name, rest, module, version } = request;
      expect(parsed).toMatchObject({ kind: 'sumdb', database: name, path: rest?.slice(1) });
      if (module !== undefined) expect(parsed).toMatchObject({ module, version });
    } else if (request?.version === 'latest') {
      // Well-formed, but no go command asks for it (protocol-cases row 22).
      expect(parsed).toMatchObject({ kind: 'refused', text: expect.stringContaining('is not a version') });
    } else {
      expect(parsed).toEqual({ kind: request?.kind, module: request?.module, version: request?.version ?? '' });
    }
  });
});

interface MiscCase {
  readonly op: string;
  readonly version?: string | null;
  readonly escaped?: string | null;
}

describeVectors<MiscCase>('proxy-misc', (file) => {
  // Whoever escapes must refuse `a!b`; what arrives as `a!b` is the escaped form of `aB`.
  const escapes = file.cases.filter(
    ({ op, version }) => op === 'unescapeModuleVersion' || (op === 'escapeModuleVersion' && version !== 'a!b'),
  );
  it.each(escapes)('$op $escaped $version', ({ escaped, version }) => {
    const parsed = parse(`/example.com/m/@v/${escaped ?? version}.info`);
    if (escaped === null || version === null) expect(parsed.kind).toBe('refused');
    else expect(parsed).toEqual({ kind: 'info', module: 'example.com/m', version });
  });
});
