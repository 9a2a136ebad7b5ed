import { isGoModKitError } from '@gomodkit/core/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRequestLog } from './log.ts';
import { describeRequest, matches, type RequestMatch } from './request.ts';

describe('describeRequest', () => {
  it.each([
    ['/example.com/a/@v/list', { kind: 'list', module: 'example.com/a' }],
    ['/example.com/a/@latest', { kind: 'latest', module: 'example.com/a' }],
    ['/github.com/!azure/x/@v/v1.0.0.info', { kind: 'info', module: 'github.com/Azure/x', version: 'v1.0.0' }],
    [
      '/github.com/%21azure/x/@v/v1.0.0-%21r%21c1.mod',
      { kind: 'mod', module: 'github.com/Azure/x', version: 'v1.0.0-RC1' },
    ],
    ['/a.b/c/@v/v1.0.0+incompatible.zip?x', { kind: 'zip', module: 'a.b/c', version: 'v1.0.0+incompatible' }],
    ['http://h:1/a.b/c/@v/main.info', { kind: 'info', module: 'a.b/c', version: 'main' }],
    ['/sumdb/sum.golang.org/supported', { kind: 'sumdb' }],
    ['/healthz', { kind: 'other' }],
    ['/a.b/C/@v/list', { kind: 'other' }],
    ['/a.b/c/@v/v1.0.0.ziphash', { kind: 'other' }],
    ['/%zz/@v/list', { kind: 'other' }],
    ['*', { kind: 'other' }],
  ])('%s', (target, expected) => {
    expect(describeRequest('GET', target)).toEqual({ method: 'GET', target, ...expected });
  });

  it('describes any target', () => {
    fc.assert(fc.property(fc.string(), (target) => describeRequest('GET', target).target === target));
  });
});

describe('matches', () => {
  const request = describeRequest('GET', '/example.com/a/x/@v/v1.0.0.zip');
  it.each<[RequestMatch, boolean]>([
    [{}, true],
    [{ kind: 'zip' }, true],
    [{ kind: ['mod', 'zip'] }, true],
    [{ kind: 'mod' }, false],
    [{ kind: [] }, false],
    [{ module: 'example.com/a' }, true],
    [{ module: 'x.y,*.com' }, true],
    [{ module: 'example.com/b' }, false],
    [{ version: 'v1.0.0', kind: 'zip', method: 'GET' }, true],
    [{ version: 'v1.0.1' }, false],
    [{ method: 'HEAD' }, false],
    [{ target: /a\/x/g }, true],
    [{ target: /^a/ }, false],
    [({ kind }) => kind === 'zip', true],
  ])('%o: %s', (match, expected) => {
    expect([matches(match, request), matches(match, request)]).toEqual([expected, expected]);
  });
});

describe('RequestLog', () => {
  it('keeps requests in order and forgets them', () => {
    const log = createRequestLog();
    log.record(describeRequest('GET', '/a.b/c/@v/list'))({ status: 200 });
    log.record(describeRequest('HEAD', '/a.b/c/@v/v1.0.0.zip'));
    expect([...log].map(({ method, status }) => [method, status])).toEqual([
      ['GET', 200],
      ['HEAD', undefined],
    ]);
    expect([log.length, log.count({ kind: 'zip' }), log.list({ kind: 'list' })[0]?.target]).toEqual([
      2,
      1,
      '/a.b/c/@v/list',
    ]);
    log.clear();
    expect([log.length, log.list()]).toEqual([0, []]);
  });

  it('waits for requests that come, and sees those that have come', async () => {
    const log = createRequestLog();
    log.record(describeRequest('GET', '/a.b/c/@v/list'));
    expect(await log.waitFor({ kind: 'list' })).toHaveLength(1);
    const two = log.waitFor({ kind: 'list' }, { count: 2 });
    log.record(describeRequest('GET', '/a.b/d/@v/list'));
    expect((await two).map(({ module }) => module)).toEqual(['a.b/c', 'a.b/d']);
  });

  it('gives up waiting, saying what came instead', async () => {
    const log = createRequestLog();
    log.record(describeRequest('GET', '/a.b/c/@v/list'));
    const waiting = log.waitFor({ kind: 'zip' }, { timeout: 10 });
    await expect(waiting).rejects.toSatisfy(
      (error) => isGoModKitError(error, 'upstream_timeout') && /GET \/a.b\/c\/@v\/list/.test(error.message),
    );
  });

  it('stops waiting with its signal', async () => {
    const controller = new AbortController();
    const waiting = createRequestLog().waitFor({}, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(createRequestLog().waitFor({}, { signal: controller.signal })).rejects.toThrow('enough');
  });
});
