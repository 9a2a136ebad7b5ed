// Clients of witnesses, beside real ones and beside ones that lie.

import { describe, expect, it } from 'vitest';
import { startServer } from '../../../test/http-server.ts';
import { memoryStorage } from '../../storage/memory.ts';
import * as note from '../note/index.ts';
import { generateCosignerKey, newCosignatureVerifier, newCosigner } from './cosignature.ts';
import { cosignWith } from './quorum.ts';
import { growingLog } from './testdata/growing-log.ts';
import { createWitness } from './witness.ts';
import { createWitnessClient, type WitnessClient } from './witness-client.ts';
import { createWitnessHandler } from './witness-handler.ts';

const log = await growingLog(100);

interface Real {
  readonly key: string;
  readonly bodies: string[];
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  client(): WitnessClient;
}

async function real(name: string, logs = [{ origin: log.origin, keys: [log.verifierKey] }]): Promise<Real> {
  const { signerKey, verifierKey } = await generateCosignerKey(name);
  const witness = createWitness({ storage: memoryStorage(), signers: [await newCosigner(signerKey)], logs });
  const handle = createWitnessHandler({ witness, basePath: '/w' });
  const bodies: string[] = [];
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    bodies.push(String(init.body));
    const request = new Request(url, init);
    const answer = await handle(request);
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
  };
  const client = () => createWitnessClient({ url: 'http://witness.example/w/', keys: [verifierKey], fetch: send });
  return { key: verifierKey, bodies, fetch: send, client };
}

const olds = (bodies: readonly string[]): string[] => bodies.map((body) => body.split('\n')[0] ?? '');

describe('a client', () => {
  it('learns the size, proves, and remembers', async () => {
    const witness = await real('w1');
    const first = witness.client();
    await first.cosign(await log.checkpoint(7), log.prove);
    await first.cosign(await log.checkpoint(7), log.prove);
    await first.cosign(await log.checkpoint(20), log.prove);
    expect(olds(witness.bodies)).toEqual(['old 0', 'old 7', 'old 7']);
    const second = witness.client();
    const checkpoint = await log.checkpoint(64);
    const lines = await second.cosign(checkpoint, log.prove);
    expect(olds(witness.bodies).slice(3)).toEqual(['old 0', 'old 20']);
    const verifiers = note.verifierList(note.newVerifier(log.verifierKey), newCosignatureVerifier(witness.key));
    expect((await note.open(checkpoint + lines.join(''), verifiers)).sigs).toHaveLength(2);
    // What the first remembers is out of date, and mended.
    await first.cosign(await log.checkpoint(100), log.prove);
    expect(olds(witness.bodies).slice(5)).toEqual(['old 20', 'old 64']);
  });

  it('says that the witness is ahead, unknown to the log, or takes it for another', async () => {
    const witness = await real('w1');
    await witness.client().cosign(await log.checkpoint(20), log.prove);
    await expect(witness.client().cosign(await log.checkpoint(7), log.prove)).rejects.toMatchObject({
      code: 'conflict',
      data: { witness: 'w1', size: 20n },
      message: expect.stringContaining('cosigned a tree of 20 records already'),
    });
    const forked = await growingLog(100, log.origin, '!');
    await expect(witness.client().cosign(await forked.checkpoint(30), forked.prove)).rejects.toMatchObject({
      code: 'invalid_log',
      data: { status: 422 },
    });
    const other = await growingLog(5, 'other.example');
    await expect(witness.client().cosign(await other.checkpoint(5), other.prove)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('404: unknown log "other.example"'),
    });
    const alien = await real('w2', [{ origin: log.origin, keys: [other.verifierKey] }]);
    await expect(alien.client().cosign(await log.checkpoint(5), log.prove)).rejects.toMatchObject({ code: 'denied' });
  });

  const size = { 'content-type': 'text/x.tlog.size' };
  const answer =
    (status: number, body: string, headers: Record<string, string> = {}) =>
    async () =>
      new Response(body, { status, headers });
  it.each([
    ['500', answer(500, 'oops\u0007\nmore'), 'upstream_unavailable', /cannot answer now \(500: oops \)$/],
    ['503', answer(503, ''), 'upstream_unavailable', /\(503\)$/],
    ['400', answer(400, 'bad'), 'upstream_invalid', /malformed/],
    ['409 without a size', answer(409, 'x\n', size), 'upstream_invalid', /409 without the size/],
    ['409 without line feed', answer(409, '7', size), 'upstream_invalid', /409 without the size/],
    ['409 of another type', answer(409, '7\n'), 'upstream_invalid', /409 without the size/],
    ['409 for ever', answer(409, '7\n', size), 'upstream_invalid', /another size each time/],
    ['nothing', answer(200, ''), 'upstream_invalid', /no good cosignature of w1\+/],
    ['noise', answer(200, 'noise\n'), 'upstream_invalid', /no good cosignature/],
    ['a page', answer(200, `<html>${'x'.repeat(300_000)}`), 'upstream_invalid', /too long/],
    [
      'a failure',
      () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })),
      'upstream_unavailable',
      /ECONNREFUSED/,
    ],
  ] as const)('takes %s for what it is', async (_, send, code, message) => {
    const { verifierKey } = await generateCosignerKey('w1');
    const client = createWitnessClient({ url: 'http://w.example', keys: [verifierKey], fetch: send });
    await expect(client.cosign(await log.checkpoint(20), log.prove)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      data: { witness: 'w1' },
    });
  });

  it('takes no cosignature of another key, another checkpoint, or a longer text', async () => {
    const { signerKey, verifierKey } = await generateCosignerKey('w1');
    const signer = await newCosigner(signerKey);
    const other = await newCosigner((await generateCosignerKey('w1')).signerKey);
    const checkpoint = await log.checkpoint(20);
    const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1);
    const line = async (of: string, by: note.Signer): Promise<string> =>
      (await note.sign({ text: of }, by)).slice(of.length + 1);
    const client = (body: string): WitnessClient =>
      createWitnessClient({ url: 'http://w.example', keys: [verifierKey], fetch: answer(200, body) });
    for (const body of [
      await line(text, other),
      await line((await log.checkpoint(21)).split('\n\n')[0] ?? '', signer).catch(() => ''),
      `more\n\n${await line(`${text}\nmore\n`, signer)}`,
    ]) {
      await expect(client(body).cosign(checkpoint, log.prove)).rejects.toMatchObject({ code: 'upstream_invalid' });
    }
    const good = await line(text, signer);
    expect(await client((await line(text, other)) + good).cosign(checkpoint, log.prove)).toEqual([good]);
  });

  it('gives up in time, and at once when its caller does', async () => {
    const server = await startServer(() => {});
    const { verifierKey } = await generateCosignerKey('w1');
    const slow = createWitnessClient({ url: server.url, keys: [verifierKey], timeout: 50 });
    await expect(slow.cosign(await log.checkpoint(5), log.prove)).rejects.toMatchObject({ code: 'upstream_timeout' });
    const patient = createWitnessClient({ url: server.url, keys: [verifierKey] });
    const stop = new AbortController();
    const asked = patient.cosign(await log.checkpoint(5), log.prove, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });

  it('follows no redirect', async () => {
    const server = await startServer((request, response) => {
      response.writeHead(request.url === '/add-checkpoint' ? 307 : 200, { location: '/elsewhere' }).end();
    });
    const { verifierKey } = await generateCosignerKey('w1');
    const client = createWitnessClient({ url: server.url, keys: [verifierKey] });
    await expect(client.cosign(await log.checkpoint(5), log.prove)).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    expect(server.requests.map(({ url }) => url)).toEqual(['/add-checkpoint']);
  });

  it('is refused with a URL or keys that are none', async () => {
    const { verifierKey } = await generateCosignerKey('w1');
    for (const options of [
      { url: 'ftp://x', keys: [verifierKey] },
      { url: 'x', keys: [verifierKey] },
      { url: 'https://user:secret@x', keys: [verifierKey] },
      { url: 'http://x', keys: [] },
      { url: 'http://x', keys: [log.verifierKey] },
    ])
      expect(() => createWitnessClient(options)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});

describe('several witnesses', () => {
  const silent = async (name: string): Promise<WitnessClient> => ({
    name,
    cosign: (_, __, { signal } = {}) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  });

  it('are asked at once, and enough of them are enough', async () => {
    const [a, b] = [await real('a'), await real('b')];
    const failures: string[] = [];
    const cosign = cosignWith({
      witnesses: [await silent('s'), a.client(), b.client()],
      quorum: 2,
      patience: 1,
      onFailure: (name) => failures.push(name),
    });
    expect(await cosign(await log.checkpoint(9), log.prove)).toHaveLength(2);
    expect(failures).toEqual(['s']);
  });

  it('are all wanted where nobody says how many, and too few say why', async () => {
    const stranger = await real('stranger', []);
    const cosign = cosignWith({ witnesses: [(await real('a')).client(), stranger.client()] });
    await expect(cosign(await log.checkpoint(9), log.prove)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringMatching(/^1 witnesses cosigned, and 2 are wanted: witness stranger did not cosign/),
      data: { failures: { stranger: expect.stringContaining('404') } },
    });
    for (const quorum of [-1, 2, 0.5])
      expect(() => cosignWith({ witnesses: [stranger.client()], quorum })).toThrow(/can never be met/);
  });

  it('are left when the caller leaves', async () => {
    const stop = new AbortController();
    const cosign = cosignWith({ witnesses: [await silent('s')] });
    const asked = cosign(await log.checkpoint(9), log.prove, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});
