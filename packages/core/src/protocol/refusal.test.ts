import { describe, expect, it } from 'vitest';
import { type ErrorCode, GoModKitError } from '../errors/error.ts';
import { refusalOf, respondText } from './refusal.ts';

const plain = { cachedOnly: false, upstreamErrors: 'fail' } as const;
const secret = 'secret at /srv/modules/x';

type Row = readonly [code: ErrorCode, status: number, cache: string, text: string, hidden: boolean];

const rows: readonly Row[] = [
  ['invalid_path', 404, 'short', `not found: ${secret}`, false],
  ['invalid_version', 404, 'short', `not found: ${secret}`, false],
  ['not_found', 404, 'short', `not found: ${secret}`, false],
  ['offline', 404, 'short', `not found: ${secret}`, false],
  ['gone', 410, 'short', `gone: ${secret}`, false],
  ['denied', 403, 'short', `denied: ${secret}`, false],
  ['bad_request', 400, 'no-store', `bad request: ${secret}`, false],
  ['upstream_unavailable', 502, 'no-store', secret, false],
  ['upstream_timeout', 504, 'no-store', secret, false],
  ['upstream_invalid', 502, 'no-store', secret, false],
  ['invalid_go_mod', 502, 'no-store', secret, false],
  ['invalid_zip', 502, 'no-store', secret, false],
  ['limit_exceeded', 502, 'no-store', secret, false],
  ['conflict', 502, 'no-store', secret, false],
  ['checksum_mismatch', 502, 'no-store', `SECURITY ERROR: ${secret}`, false],
  ['checksum_misbehaviour', 502, 'no-store', `SECURITY ERROR: ${secret}`, false],
  ['invalid_note', 502, 'no-store', secret, false],
  ['invalid_log', 502, 'no-store', secret, false],
  ['range_not_satisfiable', 416, 'no-store', secret, false],
  ['unsupported', 501, 'no-store', secret, false],
  ['needs_git_engine', 501, 'no-store', secret, false],
  ['storage_unavailable', 500, 'no-store', 'internal error: the storage of this server failed', true],
  ['closed', 503, 'no-store', 'temporarily unavailable: this server is shutting down', true],
  ['invalid_key', 500, 'no-store', 'internal error: this server failed', true],
  ['invalid_argument', 500, 'no-store', 'internal error: this server failed', true],
];

describe('refusalOf', () => {
  it.each(rows)('%s', (code, status, cache, text, hidden) => {
    const { refusal, internal } = refusalOf(new GoModKitError(code, secret), plain);
    expect(refusal).toMatchObject({ status, cache });
    expect(refusal.text.slice(0, text.length)).toBe(text);
    expect(internal).toBe(hidden);
    expect(refusal.text.includes(secret)).toBe(!hidden);
  });

  it.each([
    new Error(secret),
    new TypeError(secret),
    secret,
    undefined,
    null,
    Object.assign(new Error(secret), { code: 'ENOENT' }),
    new GoModKitError('of_a_newer_copy' as ErrorCode, secret),
    new GoModKitError('constructor' as ErrorCode, secret),
  ])('hides what it does not know: %s', (error) => {
    const { refusal, internal } = refusalOf(error, plain);
    expect(refusal).toMatchObject({ status: 500, cache: 'no-store' });
    expect(refusal.text).not.toContain(secret);
    expect(internal).toBe(true);
  });

  it('does not remember what was only not in storage', () => {
    const error = new GoModKitError('not_found', 'temporarily unavailable');
    expect(refusalOf(error, { ...plain, cachedOnly: true }).refusal).toMatchObject({ status: 404, cache: 'no-store' });
  });

  it('says 404 for sources that cannot be asked, on request, and for nothing else', () => {
    const context = { ...plain, upstreamErrors: 'not-found' } as const;
    for (const code of ['upstream_unavailable', 'upstream_timeout', 'unsupported', 'needs_git_engine'] as const) {
      const { refusal } = refusalOf(new GoModKitError(code, 'p.example: 500'), context);
      expect(refusal).toMatchObject({ status: 404, cache: 'no-store', text: 'not found: p.example: 500' });
    }
    for (const code of ['checksum_mismatch', 'upstream_invalid', 'invalid_zip', 'conflict'] as const) {
      expect(refusalOf(new GoModKitError(code, 'x'), context).refusal.status).toBe(502);
    }
  });

  it('names the policy and its end unless the message does', () => {
    const until = new Date('2030-01-02T03:04:05Z');
    const data = { policy: 'cool-down', until };
    const text = (message: string) => refusalOf(new GoModKitError('denied', message, { data }), plain).refusal.text;
    expect(text('too young')).toBe('denied: too young\npolicy: cool-down\nuntil: 2030-01-02T03:04:05.000Z');
    expect(text('denied by cool-down until 2030-01-02')).toBe('denied: denied by cool-down until 2030-01-02');
  });

  it('says SECURITY once', () => {
    const error = new GoModKitError('checksum_mismatch', 'SECURITY ERROR\nsums differ');
    expect(refusalOf(error, plain).refusal.text).toBe('SECURITY ERROR\nsums differ');
  });
});

describe('respondText', () => {
  it('writes what the go command shows, with its length', () => {
    const answer = { status: 404, text: 'not found: grün\n\n', cache: 'short', headers: { 'x-y': 'z' } } as const;
    expect(respondText(answer, 'private', false)).toEqual({
      status: 404,
      headers: {
        'x-y': 'z',
        'content-type': 'text/plain; charset=utf-8',
        'content-length': '17',
        'cache-control': 'private, max-age=60',
        vary: 'authorization',
      },
      body: new TextEncoder().encode('not found: grün\n'),
    });
    expect(respondText(answer, 'public', true)).toMatchObject({ body: null, headers: { 'content-length': '17' } });
  });
});
