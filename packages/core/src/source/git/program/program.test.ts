// How git is called: which addresses, with which environment, and what becomes of its words.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildRecipe } from '../../../../test/git/recipes.ts';
import { type GitServer, startGitServer } from '../../../../test/git/server.ts';
import { networkGuard } from '../../network-guard.ts';
import { gitRepositories } from '../cache/index.ts';
import { defaultGitLimits } from '../driver.ts';
import type { GitRemote } from '../engine.ts';
import { connect, parseAddress } from './connection.ts';
import { programDriver } from './driver.ts';
import { excerpt, remoteFailure } from './failure.ts';
import { invoke } from './invocation.ts';
import { createRefReader } from './refs.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-program-'));
const auth = { username: 'me', password: 'sesame-street' };
let server: GitServer;
let closed: GitServer;
beforeAll(async () => {
  await buildRecipe('plain', join(scratch, 'served', 'plain.git'));
  server = await startGitServer(join(scratch, 'served'));
  closed = await startGitServer(join(scratch, 'served'), { auth });
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await Promise.all([server.close(), closed.close()]);
  rmSync(scratch, { recursive: true, force: true });
});

let count = 0;
async function fetchHead(remote: GitRemote, program?: string, knownHosts?: string): Promise<string | undefined> {
  const directory = join(scratch, `cache-${count++}`);
  const repositories = gitRepositories({ directory, engine: 'git', program, knownHosts });
  try {
    const repository = await repositories.open(remote);
    const { hash } = (await repository.refs()).refs[0] ?? { hash: '' };
    await repository.fetchCommit({ hash }, { blobs: false });
    const archive = await repository.archive(hash, '');
    await archive.close();
    return Buffer.from((await repository.readBlob(hash, 'go.mod', { limit: 1000 })) ?? []).toString();
  } finally {
    await repositories.close();
  }
}
const remoteAt = (address: string): GitRemote => ({ url: 'https://git.example.com/plain', address, trusted: true });

describe('an address', () => {
  const parse = (address: string, more: Partial<GitRemote> = {}): string =>
    parseAddress({ url: 'https://git.example.com/x', address, ...more }).href;

  it.each(['https://git.example.com/x', 'ssh://git@git.example.com/x.git', 'git+ssh://git.example.com:22/x'])(
    'like %s is used',
    (address) => {
      expect(parse(address)).toBe(address);
    },
  );

  it.each([
    ['http://git.example.com/x', 'denied'],
    ['file:///tmp/x', 'denied'],
    ['git://git.example.com/x', 'denied'],
    ['ext::sh -c touch%20x', 'invalid_argument'],
    ['ext://sh', 'denied'],
    ['git.example.com:x', 'invalid_argument'],
    ['/tmp/x', 'invalid_argument'],
    ['--upload-pack=touch x', 'invalid_argument'],
    ['ssh://-oProxyCommand=x/y', 'invalid_argument'],
    ['ssh://-oProxyCommand%3Dx@host/y', 'invalid_argument'],
    ['ssh://host/-x', 'invalid_argument'],
    ['https://git.example.com/\nx', 'invalid_argument'],
    ['https://git.example.com\\x', 'invalid_argument'],
  ])('like %s is refused', (address, code) => {
    expect(() => parse(address)).toThrow(expect.objectContaining({ code }));
  });

  it('of http or of a file is used where the user says so', () => {
    expect(parse('http://git.example.com/x', { trusted: true })).toBe('http://git.example.com/x');
    expect(parse('http://git.example.com/x', { insecure: true })).toBe('http://git.example.com/x');
    expect(parse('file:///tmp/x', { trusted: true })).toBe('file:///tmp/x');
    expect(() => parse('ext://x', { trusted: true })).toThrow(expect.objectContaining({ code: 'denied' }));
  });
});

describe('a connection', () => {
  it('is pinned to the addresses that were judged', async () => {
    const network = { check: async () => ['203.0.113.7', '2001:db8::1'] };
    const remote = { url: 'https://git.example.com/x', address: 'https://git.example.com/x' };
    const { settings } = await connect(remote, network, undefined, undefined);
    expect(settings).toContainEqual(['http.curloptResolve', 'git.example.com:443:203.0.113.7,[2001:db8::1]']);
  });

  it('to a private network is refused unless trusted', async () => {
    const remote = { url: 'https://git.example.com/x', address: 'https://10.0.0.1/x' };
    await expect(connect(remote, networkGuard(), undefined, undefined)).rejects.toMatchObject({
      code: 'upstream_invalid',
    });
    await expect(connect({ ...remote, trusted: true }, networkGuard(), undefined, undefined)).resolves.toBeDefined();
    const ssh = { ...remote, address: 'ssh://git@127.0.0.1/x' };
    await expect(connect(ssh, networkGuard(), undefined, undefined)).rejects.toMatchObject({
      code: 'upstream_invalid',
    });
  });

  it('gives credentials to their origin alone', async () => {
    const remote = {
      ...remoteAt('https://git.example.com/x'),
      credentials: () => ({ Authorization: 'Bearer sesame-street' }),
    };
    const network = { check: async () => undefined };
    const own = await connect(remote, network, undefined, undefined);
    expect(own.settings).toContainEqual([
      'http.https://git.example.com/.extraHeader',
      'Authorization: Bearer sesame-street',
    ]);
    expect(own.secrets).toContain('sesame-street');
    const moved = await connect(remote, network, 'https://other.example.com/x', undefined);
    expect(moved.settings.flat().join()).not.toContain('sesame');
    const odd = { ...remote, credentials: () => ({ Authorization: 'a\nHost: b' }) };
    await expect(connect(odd, network, undefined, undefined)).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

describe('git', () => {
  it('is given credentials where no other process sees them', async () => {
    const log = join(scratch, 'arguments');
    const wrapper = join(scratch, 'git-wrapper');
    writeFileSync(wrapper, `#!/bin/sh\nfor a in "$@"; do echo "$a" >> ${log}; done\nexec git "$@"\n`);
    chmodSync(wrapper, 0o755);
    const credentials = () => ({
      Authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`,
    });
    expect(await fetchHead({ ...remoteAt(`${closed.url}/plain.git`), credentials }, wrapper)).toContain('module');
    const words = readFileSync(log, 'utf8');
    expect(words).toContain('fetch');
    expect(words).not.toMatch(/sesame|Basic|bWU6/);
  });

  it('takes credentials out of an address', async () => {
    const address = closed.url.replace('http://', `http://${auth.username}:${auth.password}@`);
    expect(await fetchHead(remoteAt(`${address}/plain.git`))).toContain('module');
  });

  it('names the host and what would help where credentials are refused', async () => {
    const credentials = () => ({ Authorization: 'Bearer open-sesame' });
    const failure = await fetchHead({ ...remoteAt(`${closed.url}/plain.git`), credentials }).catch((error) => error);
    expect(failure).toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringMatching(/127\.0\.0\.1:\d+ asks for credentials/),
    });
    expect(failure.message).not.toContain('sesame');
  });

  it('reads repositories from the file system where the user says so', async () => {
    expect(await fetchHead(remoteAt(`file://${join(scratch, 'served', 'plain.git')}`))).toContain('module');
    const none = fetchHead(remoteAt(`file://${join(scratch, 'served', 'none.git')}`));
    await expect(none).rejects.toMatchObject({ code: 'not_found' });
  });

  it('speaks ssh in batches, with the agent that there is, to hosts that may be reached', async () => {
    const bin = join(scratch, 'bin');
    const log = join(scratch, 'ssh');
    mkdirSync(bin);
    // The last argument is the command for the other side.
    const script = `#!/bin/sh\necho "$SSH_AUTH_SOCK $@" >> ${log}\nfor last; do :; done\neval "exec $last"\n`;
    writeFileSync(join(bin, 'ssh'), script);
    chmodSync(join(bin, 'ssh'), 0o755);
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
    vi.stubEnv('SSH_AUTH_SOCK', 'the-agent');
    const address = `ssh://git@git.example.com:2222${join(scratch, 'served', 'plain.git')}`;
    expect(await fetchHead(remoteAt(address), undefined, '/100% known/hosts')).toContain('module');
    const words = readFileSync(log, 'utf8');
    expect(words).toMatch(/^the-agent .*-oBatchMode=yes .*-p 2222 git@git\.example\.com git-upload-pack/m);
    // One that is left behind for others to share would outlive git, and keep its output open.
    expect(words).toContain('-oControlMaster=no');
    // One file, though ssh takes blanks for separators and percent signs for tokens.
    expect(words).toContain('-oUserKnownHostsFile="/100%% known/hosts"');
    const hidden = { ...remoteAt('ssh://git@192.168.1.1/x.git'), trusted: false };
    await expect(fetchHead(hidden)).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(readFileSync(log, 'utf8')).not.toContain('192.168');
  });

  it('knows nothing of the configuration, attributes, hooks and variables of the user', async () => {
    const home = join(scratch, 'home');
    const evil = join(scratch, 'evil');
    mkdirSync(join(home, '.config', 'git'), { recursive: true });
    const touch = `sh -c 'touch ${evil}'`;
    const settings = [
      `[core]\n\thooksPath = ${home}\n\tfsmonitor = ${touch}\n\tsshCommand = ${touch}\n`,
      `[credential]\n\thelper = "!${touch}"\n[url "http://127.0.0.1:1/"]\n\tinsteadOf = ${server.url}/\n`,
      `[filter "up"]\n\tsmudge = tr a-z A-Z\n`,
    ];
    writeFileSync(join(home, '.gitconfig'), settings.join(''));
    writeFileSync(join(home, '.config', 'git', 'attributes'), '* text eol=crlf filter=up\n');
    for (const [name, value] of Object.entries({
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
      GIT_DIR: home,
      GIT_SSH_COMMAND: touch,
      GIT_ALLOW_PROTOCOL: 'ext',
      GIT_CONFIG_PARAMETERS: `'core.hooksPath=${home}'`,
    })) {
      vi.stubEnv(name, value);
    }
    expect(await fetchHead(remoteAt(`${server.url}/plain.git`))).toMatch(/^module example.com\/plain.git\n/);
    expect(existsSync(evil)).toBe(false);
  });
});

describe('a run', () => {
  it('that prints too much is told its limit', async () => {
    const invocation = { program: 'sh', limits: { ...defaultGitLimits, processMemory: 2 ** 40 }, ssh: '' };
    const args = ['-c', 'exec cat /dev/zero'];
    const run = invoke(invocation, { repository: undefined, directory: scratch, args, what: 'printing' });
    await expect(run).rejects.toMatchObject({
      code: 'limit_exceeded',
      message: expect.stringMatching(/limit of 67108864 bytes$/),
    });
  });
});

describe('a copy', () => {
  const openCopy = async () => {
    const limits = defaultGitLimits;
    const driver = programDriver({ limits, network: networkGuard() }, { scratch });
    const directory = join(scratch, `copy-${count++}`);
    mkdirSync(directory);
    await driver.createCopy(directory, 'sha1');
    return { driver, directory, copy: await driver.openCopy(directory, 'sha1') };
  };

  it('says so when what came cannot be marked as available', async () => {
    const { copy, directory, driver } = await openCopy();
    const remote = remoteAt(`${server.url}/plain.git`);
    const hash = (await driver.listRefs(remote)).refs[0]?.hash ?? '';
    mkdirSync(join(directory, 'refs', 'gomodkit', `${hash}.lock`), { recursive: true });
    const fetch = copy.fetchCommit(remote, { hash, ref: 'HEAD' }, { blobs: false });
    await expect(fetch).rejects.toMatchObject({ code: 'storage_unavailable' });
    await driver.repairCopy(directory);
    await copy.fetchCommit(remote, { hash, ref: 'HEAD' }, { blobs: false });
    expect(await copy.has(hash)).toBe(true);
  });

  it('keeps refs that are named like temporary files when it is repaired', async () => {
    const { directory, driver } = await openCopy();
    const refs = ['refs/heads/tmp_x', 'refs/heads/tmp_/y', 'refs/tags/shallow_z'];
    const left = ['refs/heads/tmp_x.lock', 'objects/pack/tmp_pack_1', 'shallow.lock'];
    for (const name of [...refs, ...left]) {
      mkdirSync(join(directory, name, '..'), { recursive: true });
      writeFileSync(join(directory, name), '');
    }
    await driver.repairCopy(directory);
    expect(refs.filter((name) => existsSync(join(directory, name)))).toEqual(refs);
    expect(left.filter((name) => existsSync(join(directory, name)))).toEqual([]);
  });
});

describe('the words of git', () => {
  const remote = { url: 'https://git.example.com/x', address: 'https://git.example.com/x' };
  const connection = { url: new URL(remote.address), secrets: ['sesame-street'] };

  it.each([
    ["fatal: repository 'https://git.example.com/x/' not found", 'not_found'],
    ["fatal: unable to access 'https://git.example.com/x/': The requested URL returned error: 410", 'not_found'],
    [
      "fatal: unable to access 'https://git.example.com/x/': The requested URL returned error: 503",
      'upstream_unavailable',
    ],
    ["fatal: could not read Username for 'https://git.example.com': terminal prompts disabled", 'upstream_unavailable'],
    ['git@git.example.com: Permission denied (publickey).', 'upstream_unavailable'],
    ['Host key verification failed.', 'upstream_unavailable'],
    ['fatal: unable to access: Could not resolve host: git.example.com', 'upstream_unavailable'],
    ['fatal: unable to access: Operation too slow. Less than 1 bytes/sec', 'upstream_timeout'],
    [
      'fatal: pack has bad object at offset 12: inflate returned -3\nfatal: fetch-pack: invalid index-pack output',
      'upstream_invalid',
    ],
    ['something else', 'upstream_unavailable'],
  ])('%s: %s', (messages, code) => {
    const failure = remoteFailure(remote, connection, 'fetching', messages);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain('https://git.example.com/x: fetching: ');
  });

  it('are shown without secrets, paths and control characters, and not at length', () => {
    const words = excerpt(
      `remote: Counting objects: 1\rerror: \x1b[31mbad\nerror: file /home/me/x.pack is short\nfatal: '/home/me/cache' sesame-street https://me:pw@host/ ${'x'.repeat(900)}`,
      ['sesame-street'],
    );
    expect(words).not.toMatch(/sesame|home|me:pw|\x1b|Counting/);
    expect(words.length).toBeLessThan(401);
  });
});

describe('lines of refs', () => {
  const read = (text: string, limit = 100) => {
    const reader = createRefReader('x', limit);
    for (const char of Buffer.from(text)) reader.add(Uint8Array.of(char));
    return reader.finish();
  };
  const [one, two] = ['1'.repeat(40), '2'.repeat(40)];

  it('are heads, tags and HEAD, peeled, in byte order', () => {
    const names = [
      'HEAD',
      'refs/tags/ü',
      'refs/tags/b',
      'refs/tags/b^{}',
      'refs/pull/1/head',
      'refs/heads/x',
      'refs/notes/a',
    ];
    const list = read(names.map((name, i) => `${i === 3 ? two : one}\t${name}\n`).join(''));
    expect(list.refs).toEqual([
      { name: 'HEAD', hash: one },
      { name: 'refs/heads/x', hash: one },
      { name: 'refs/tags/b', hash: two },
      { name: 'refs/tags/ü', hash: one },
    ]);
  });

  it('of two object formats, or too many, are refused', () => {
    expect(() => read(`${one}\tHEAD\n${'3'.repeat(64)}\trefs/heads/x\n`)).toThrow(/two formats/);
    expect(() => read(`${one}\trefs/tags/a\n${one}\trefs/tags/b\n`, 1)).toThrow(/limit of 1 refs/);
    expect(read(`${'3'.repeat(64)}\tHEAD\n`).objectFormat).toBe('sha256');
  });
});
