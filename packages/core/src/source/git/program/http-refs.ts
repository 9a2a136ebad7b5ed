// Refs over smart HTTP, asked for by ourselves: `git ls-remote` takes all refs, pull requests by the ten thousand included, and holds
// them in memory before it prints one (gitprotocol-v2 "ls-refs", gitprotocol-http).
//
// Invariants:
// - Protocol 2, of which HEAD, heads and tags alone are asked; older servers send all of their refs at once, which are read as they come.
// - Lists end within the limits of bytes, refs and time, or it is an error; a list that is cut off, or has a line that is no ref, is no
//   shorter list.

import { concatBytes } from '../../../bytes/source.ts';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { type GuardedResponse, guardedRequest } from '../../guarded-request.ts';
import type { EngineSettings } from '../driver.ts';
import type { GitRemote, ObjectFormat, RefList } from '../engine.ts';
import { bare, credentialsOf, parseAddress, shown } from './connection.ts';
import { remoteFailure } from './failure.ts';
import { createRefReader, type RefReader } from './refs.ts';

/** A list, and where redirects led to it. */
export interface HttpRefs {
  readonly list: RefList;
  /** Where the repository is in the end; undefined where it did not move. */
  readonly base: string | undefined;
}

const tail = '/info/refs';
const advertisement = 'application/x-git-upload-pack-advertisement';

/** Lists refs; undefined where the server speaks no smart HTTP, but may serve a repository's files. Rejects as `listRefs` does. */
export async function listHttpRefs(
  settings: EngineSettings,
  remote: GitRemote,
  signal: AbortSignal | undefined,
): Promise<HttpRefs | undefined> {
  const address = parseAddress(remote);
  const start = bare(address).href.replace(/\/$/, '');
  const reader = createRefReader(shown(remote), settings.limits.refs);
  const response = await request(settings, remote, new URL(`${start}${tail}?service=git-upload-pack`), signal);
  if (response.status !== 200) return fail(remote, response);
  const type = response.headers.get('content-type') ?? '';
  if (type !== advertisement) {
    await response.body.cancel().catch(() => {});
    if (!type.startsWith('text/html')) return undefined;
    throw new GoModKitError(
      'upstream_invalid',
      `${shown(remote)}: ${response.url.host} answers with a page, not with a repository`,
    );
  }
  const base = response.url.href.replace(/\/info\/refs(?:\?.*)?$/, '');
  const hello = await readHello(response, remote, reader);
  if (hello.version === 2) {
    const format = hello.objectFormat;
    const listing = await request(settings, remote, new URL(`${base}/git-upload-pack`), signal, question(format));
    if (listing.status !== 200) return fail(remote, listing);
    for await (const line of packetLines(listing, remote)) {
      if (line !== undefined && !addListed(line, reader)) throw broken(listing, remote, 'a line that is no ref');
    }
  }
  const { refs } = reader.finish();
  return { list: { objectFormat: hello.objectFormat, refs }, base: base === start ? undefined : base };
}

async function request(
  { limits, network }: EngineSettings,
  remote: GitRemote,
  url: URL,
  signal: AbortSignal | undefined,
  body?: Uint8Array,
): Promise<GuardedResponse> {
  const own = url.origin === new URL(remote.address).origin;
  const idle = limits.idleMilliseconds;
  const settings = { network, headers: idle, idle, total: limits.fetchMilliseconds };
  const type = 'application/x-git-upload-pack';
  return guardedRequest(own ? { ...settings, credentials: credentialsOf(remote) } : settings, {
    url,
    what: shown(remote),
    limit: limits.refsBytes,
    headers: {
      'git-protocol': 'version=2',
      // Servers tell clients apart by this.
      'user-agent': 'git/gomodkit',
      ...(body === undefined ? {} : { accept: `${type}-result`, 'content-type': `${type}-request` }),
    },
    ...(body === undefined ? {} : { method: 'POST' as const, body }),
    // A redirect's target was judged when it was followed.
    trusted: remote.trusted === true || !own,
    signal,
  });
}

async function fail(remote: GitRemote, response: GuardedResponse): Promise<never> {
  await response.body.cancel().catch(() => {});
  const connection = { url: response.url, secrets: [] };
  throw remoteFailure(
    remote,
    connection,
    'reading its refs',
    `fatal: requested URL returned error: ${response.status}`,
  );
}

interface Hello {
  readonly version: 1 | 2;
  readonly objectFormat: ObjectFormat;
}

/** What the server is. Of older protocols the refs are read with it. */
async function readHello(response: GuardedResponse, remote: GitRemote, reader: RefReader): Promise<Hello> {
  let version: Hello['version'] | undefined;
  let objectFormat: ObjectFormat = 'sha1';
  for await (const line of packetLines(response, remote)) {
    if (line === undefined || line.startsWith('# service=') || line === 'version 1') continue;
    if (line === 'version 2') version = 2;
    else if (version === 2) objectFormat = /^object-format=sha256$/.test(line) ? 'sha256' : objectFormat;
    else {
      const [ref = '', capabilities = ''] = line.split('\0', 2);
      if (version === undefined && / object-format=sha256\b/.test(` ${capabilities}`)) objectFormat = 'sha256';
      version = 1;
      const isShallow = /^shallow [0-9a-f]+$/.test(ref);
      if (!isShallow && !addListed(ref, reader)) throw broken(response, remote, 'a line that is no ref');
    }
  }
  return { version: version ?? 1, objectFormat };
}

/** `HASH NAME`, and in protocol 2 ` peeled:HASH` behind for annotated tags. False for what is neither. */
function addListed(line: string, reader: RefReader): boolean {
  const [, hash, name = '', peeled] = listed.exec(line) ?? [];
  if (hash === undefined) return false;
  reader.take(`${hash}\t${name}`);
  if (peeled !== undefined) reader.take(`${peeled}\t${name}^{}`);
  return true;
}

const listed =
  /^((?:[0-9a-f]{24})?[0-9a-f]{40}) ([^ ]+)(?: peeled:((?:[0-9a-f]{24})?[0-9a-f]{40})| symref-target:[^ ]+)*$/;

function question(format: ObjectFormat): Uint8Array {
  const line = (text: string): string => `${(text.length + 5).toString(16).padStart(4, '0')}${text}\n`;
  const prefixes = ['HEAD', 'refs/heads/', 'refs/tags/'].map((prefix) => line(`ref-prefix ${prefix}`));
  const head = [line('command=ls-refs'), line('agent=gomodkit'), line(`object-format=${format}`)];
  return encodeUtf8([...head, '0001', line('peel'), ...prefixes, '0000'].join(''));
}

/** Lines without their ends; undefined for a flush. The last is a flush, or it is an error. */
async function* packetLines(response: GuardedResponse, remote: GitRemote): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest: Uint8Array = new Uint8Array(0);
  let flushed = false;
  for await (const chunk of response.body) {
    const bytes = rest.length === 0 ? chunk : concatBytes([rest, chunk], rest.length + chunk.length);
    let at = 0;
    while (at + 4 <= bytes.length) {
      const digits = String.fromCharCode(...bytes.subarray(at, at + 4));
      if (!/^[0-9a-f]{4}$/i.test(digits)) throw broken(response, remote, 'no protocol of git');
      const length = Math.max(Number.parseInt(digits, 16), 4);
      if (at + length > bytes.length) break;
      const text = decoder.decode(bytes.subarray(at + 4, at + length)).replace(/\n$/, '');
      if (text.startsWith('ERR ')) throw broken(response, remote, `it says ${JSON.stringify(text.slice(4, 204))}`);
      flushed = digits === '0000';
      yield flushed ? undefined : text;
      at += length;
    }
    rest = bytes.subarray(at);
  }
  if (rest.length > 0 || !flushed) throw broken(response, remote, 'a list that is cut off');
}

function broken({ url }: GuardedResponse, remote: GitRemote, why: string): GoModKitError {
  return new GoModKitError('upstream_invalid', `${shown(remote)}: ${url.host} sent something broken: ${why}`);
}
