// A witness as HTTP: statuses, evidence, hostile bodies.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import * as note from '../note/index.ts';
import * as tlog from '../tlog/index.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { cosignatureTime } from './cosignature.ts';
import { growingLog } from './testdata/growing-log.ts';
import { cosigner, fork, known, log, methodsOf, setup, verified } from './testdata/witness-setup.ts';
import { createWitness, type WitnessOptions } from './witness.ts';
import { createWitnessHandler } from './witness-handler.ts';
import { originHash } from './witness-state.ts';

describe('a witness', () => {
  it('cosigns what grows, and serves the newest to monitors', async () => {
    const { add, get } = setup();
    const path = `/w/${originHash('log.example')}/checkpoint`;
    expect((await get(path)).status).toBe(404);
    for (const [oldSize, size] of [
      [0, 3],
      [3, 3],
      [3, 7],
      [7, 64],
      [64, 100],
    ] as const) {
      const { status, type, text } = await add(oldSize, size);
      expect([status, type]).toEqual([200, 'text/plain; charset=utf-8']);
      const [signature] = await verified(await log.checkpoint(size), text);
      expect(Math.abs(Date.now() - Number(signature && cosignatureTime(signature)))).toBeLessThan(60_000);
      const served = await get(path);
      const { text: checkpoint, sigs } = await note.open(served.body, known);
      expect(checkpoint.split('\n')[1]).toBe(String(size));
      expect(sigs.map(({ name }) => name)).toEqual(['log.example', 'witness.example']);
      const head = await get(path, 'HEAD');
      expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
        200,
        String(served.body.length),
        0,
      ]);
    }
  });

  it('remembers after a restart, and is one witness from two instances', async () => {
    const { storage, add } = setup();
    expect((await add(0, 7)).status).toBe(200);
    const other = setup(storage);
    expect(await other.add(0, 8)).toEqual({ status: 409, type: 'text/x.tlog.size', text: '7\n' });
    expect((await other.add(7, 8)).status).toBe(200);
    expect(await add(7, 9)).toMatchObject({ status: 409, text: '8\n' });
  });

  it('keeps logs apart, and takes either key of one', async () => {
    const second = await growingLog(9, 'second.example');
    const alien = await note.generateKey('log.example', new Uint8Array(32).fill(99));
    const { add } = setup(memoryStorage(), {
      logs: [
        { origin: 'log.example', keys: [alien.verifierKey, log.verifierKey] },
        { origin: 'second.example', keys: [second.verifierKey] },
      ],
    });
    expect((await add(0, 7)).status).toBe(200);
    expect((await add(0, 9, second)).status).toBe(200);
  });

  it('watches a go.sum database by its tree notes', async () => {
    const pair = await note.generateKey('sum.example', new Uint8Array(32).fill(5));
    const text = tlog.formatTree({ size: 0n, hash: tlog.emptyTreeHash() });
    const { post } = setup(memoryStorage(), {
      logs: [{ origin: 'go.sum database tree', keys: [pair.verifierKey] }],
    });
    const checkpoint = await note.sign({ text }, await note.newSigner(pair.signerKey));
    expect((await post(`old 0\n\n${checkpoint}`)).status).toBe(200);
  });

  it('is refused without signers, with twice one origin, and with malformed keys', () => {
    const make = (more: Partial<WitnessOptions>) => () =>
      createWitness({ storage: memoryStorage(), signers: [cosigner], logs: [], ...more });
    const twice = { origin: 'log.example', keys: [log.verifierKey] };
    for (const more of [{ signers: [] }, { logs: [twice, twice] }, { logs: [{ ...twice, keys: ['x'] }] }])
      expect(make(more)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});

describe('add-checkpoint answers', async () => {
  const alien = await growingLog(100, 'alien.example');
  const alienKey = await note.generateKey('log.example', new Uint8Array(32).fill(99));
  const forger = await note.newSigner(alienKey.signerKey);
  const textOf = async (size: number): Promise<string> => (await log.checkpoint(size)).split('\n\n')[0] ?? '';
  const proof7to9 = await log.prove(7n, 9n, {});
  const body = async (oldSize: number | string, proof: readonly Uint8Array[], checkpoint: string): Promise<string> =>
    `old ${oldSize}\n${proof.map((hash) => `${tlog.formatHash(hash)}\n`).join('')}\n${checkpoint}`;
  const emptyWrong = formatCheckpoint({ origin: 'log.example', size: 0n, hash: new Uint8Array(32) });
  const logSigner = await note.newSigner((await note.generateKey('log.example', new Uint8Array(32).fill(7))).signerKey);
  const goodSignature = (await log.checkpoint(9)).split('\n\n')[1] ?? '';

  // The witness cosigned size 7.
  const rows: readonly (readonly [string, number, string | Promise<string>])[] = [
    ['what follows with its proof', 200, body(7, proof7to9, await log.checkpoint(9))],
    ['the same again', 200, body(7, [], await log.checkpoint(7))],
    ['further signatures of strangers', 200, body(7, proof7to9, await log.checkpoint(9, forger))],
    ['nothing', 400, ''],
    ['no old size', 400, log.checkpoint(9)],
    ['an old size that is no number', 400, body('x', proof7to9, await log.checkpoint(9))],
    ['an old size with a zero in front', 400, body('07', proof7to9, await log.checkpoint(9))],
    ['a negative old size', 400, body('-7', proof7to9, await log.checkpoint(9))],
    ['an old size of more than 63 bits', 400, body('9223372036854775808', proof7to9, await log.checkpoint(9))],
    ['an old size above the new one', 400, body(9, [], await log.checkpoint(8))],
    [
      '64 lines of proof',
      400,
      body(
        7,
        Array.from({ length: 64 }, () => new Uint8Array(32)),
        await log.checkpoint(9),
      ),
    ],
    ['a line of proof of 31 bytes', 400, body(7, [new Uint8Array(31)], await log.checkpoint(9))],
    ['a line of proof that is no base64', 400, `old 7\n!!!\n\n${await log.checkpoint(9)}`],
    ['a line of proof in another spelling', 400, `old 7\n${'A'.repeat(42)}B=\n\n${await log.checkpoint(9)}`],
    ['carriage returns', 400, (await body(7, proof7to9, await log.checkpoint(9))).replaceAll('\n', '\r\n')],
    ['no checkpoint', 400, body(7, proof7to9, '')],
    ['an unsigned checkpoint', 400, body(7, proof7to9, `${await textOf(9)}\n`)],
    ['a checkpoint with a malformed signature', 400, body(7, proof7to9, `${await textOf(9)}\n\n— log.example !\n`)],
    ['a checkpoint of two lines', 400, body(7, [], await note.sign({ text: 'log.example\n9\n' }, logSigner))],
    ['a log that nobody watches', 404, body(7, proof7to9, await alien.checkpoint(9))],
    [
      'a checkpoint signed by a stranger alone',
      403,
      body(7, [], await note.sign({ text: `${await textOf(9)}\n` }, forger)),
    ],
    ['a signature of another checkpoint', 403, body(7, [], `${await textOf(10)}\n\n${goodSignature}`)],
    ['an old size below', 409, body(3, await log.prove(3n, 9n, {}), await log.checkpoint(9))],
    ['an old size of zero, to learn', 409, body(0, [], await log.checkpoint(9))],
    ['an old size above', 409, body(8, await log.prove(8n, 9n, {}), await log.checkpoint(9))],
    ['a checkpoint that goes back', 409, body(3, [], await log.checkpoint(3))],
    ['no proof', 422, body(7, [], await log.checkpoint(9))],
    ['a proof of something else', 422, body(7, await log.prove(7n, 10n, {}), await log.checkpoint(9))],
    ['a proof where none is due', 422, body(7, proof7to9, await log.checkpoint(7))],
    ['a fork', 422, body(7, await fork.prove(7n, 9n, {}), await fork.checkpoint(9))],
    ['another tree of the same size', 422, body(7, [], await fork.checkpoint(7))],
    ['an empty tree with another hash', 422, body(0, [], await note.sign({ text: emptyWrong }, logSigner))],
  ];

  it.each(rows)('%s with %i', async (_, status, content) => {
    const { add, post } = setup();
    await add(0, 7);
    const answer = await post(await content);
    expect(answer).toMatchObject({ status, type: status === 409 ? 'text/x.tlog.size' : 'text/plain; charset=utf-8' });
    if (status === 409) expect(answer.text).toBe('7\n');
    if (status !== 200) expect(answer.text).toMatch(/^[^\n]+\n$/);
    // Whatever was refused changed nothing.
    if (status !== 200) expect((await add(7, 8)).status).toBe(200);
  });

  it('a proof for the first checkpoint with 422', async () => {
    const { post } = setup();
    expect((await post(await body(0, proof7to9, await log.checkpoint(9)))).status).toBe(422);
  });

  it('other methods and paths as HTTP does', async () => {
    const { get } = setup();
    expect(await get('/w/add-checkpoint')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await get(`/w/${originHash('log.example')}/checkpoint`, 'DELETE')).toMatchObject({ status: 405 });
    for (const path of [
      '/',
      '/w',
      '/w/',
      '/add-checkpoint',
      `/w/${originHash('other.example')}/checkpoint`,
      '/w/x/checkpoint',
    ])
      expect((await get(path)).status).toBe(404);
    const url = `http://127.0.0.1:1/w/${originHash('log.example')}/checkpoint?x`;
    expect(await get(url)).toMatchObject({
      status: 404,
      body: new TextEncoder().encode('no checkpoint of such a log was cosigned here\n'),
    });
  });

  it('a body that is too long with 413, and one without end, too', async () => {
    const { post } = setup();
    expect((await post(new Uint8Array(256 * 1024 + 1))).status).toBe(413);
    const witness = createWitness({ storage: memoryStorage(), signers: [cosigner], logs: [] });
    const handle = createWitnessHandler({ witness, maxBytes: 1000 });
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(100)),
      cancel: () => {
        cancelled = true;
      },
    });
    expect((await handle({ method: 'POST', url: '/add-checkpoint', body: endless })).status).toBe(413);
    expect(cancelled).toBe(true);
    expect((await handle({ method: 'POST', url: '/add-checkpoint', body: null })).status).toBe(400);
  });

  it('any changed byte of a request without cosigning another tree', async () => {
    const good = new TextEncoder().encode(await body(7, proof7to9, await log.checkpoint(9)));
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const { add, post } = setup();
        await add(0, 7);
        const changed = good.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        const { status, text } = await post(changed);
        // Bits that base64 leaves over say nothing: then it is the same request.
        if (status === 200) {
          expect(at).toBe(good.length - 3);
          expect(await verified(await log.checkpoint(9), text)).toHaveLength(1);
          return;
        }
        expect([400, 403, 404, 409, 422]).toContain(status);
        expect(text).not.toContain('\u2014');
      }),
      { numRuns: 100, examples: [[good.length - 3, 5]] },
    );
  });

  it('noise', async () => {
    const { post } = setup();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' })), async (noise) => {
        expect((await post(noise)).status).toBe(400);
      }),
    );
  });
});

describe('evidence', () => {
  it('of two trees of one size is kept once, with both signed notes and without strangers', async () => {
    const { add, post, storage, evidence } = setup();
    await add(0, 7);
    const stranger = await note.newSigner((await note.generateKey('x', new Uint8Array(32).fill(1))).signerKey);
    await post(`old 7\n\n${await fork.checkpoint(7)}`);
    await post(`old 7\n\n${await fork.checkpoint(7, stranger)}`);
    expect(evidence[0]).toMatchObject({ origin: 'log.example', proven: true, refused: await fork.checkpoint(7) });
    const { objects } = await storage.list({ prefix: '.gomodkit/witness/' });
    const kept = objects.filter(({ key }) => key.includes('/evidence/'));
    expect(kept).toHaveLength(1);
    const report = await new Response((await storage.get(kept[0]?.key ?? ''))?.body).text();
    expect(report).toContain(await fork.checkpoint(7));
    expect(report).toContain((await log.checkpoint(7)).split('\n\n')[1] ?? 'nothing');
  });

  it('of a proof that does not hold says that it proves nothing', async () => {
    const { add, evidence } = setup();
    await add(0, 7);
    await add(7, 9, fork);
    expect(evidence).toMatchObject([{ proven: false, reason: expect.stringContaining('not proved to begin') }]);
  });

  it('that cannot be kept is refused all the same', async () => {
    const storage = memoryStorage();
    const { add } = setup(storage);
    await add(0, 7);
    const full: Storage = {
      ...methodsOf(storage),
      create: async () => {
        throw new GoModKitError('storage_unavailable', 'full', { data: { transient: false } });
      },
    };
    expect((await setup(full).add(7, 7, fork)).status).toBe(422);
  });
});

it('writes and reads requests alike', async () => {
  const request = { oldSize: 7n, proof: await log.prove(7n, 90n, {}), checkpoint: await log.checkpoint(90) };
  expect(parseAddCheckpoint(new TextEncoder().encode(formatAddCheckpoint(request)))).toEqual(request);
  const long = Array.from({ length: 64 }, () => new Uint8Array(32));
  expect(() => formatAddCheckpoint({ ...request, proof: long })).toThrow(/at most 63/);
});
