import { describe, expect, it } from 'vitest';
import { connectionError } from './http-failure.ts';
import { statusError } from './http-status.ts';

const failed = (cause: unknown) => Object.assign(new TypeError('fetch failed'), { cause });
const coded = (code: string) => Object.assign(new Error('/internal/detail'), { code });
const describeError = (error: unknown) =>
  connectionError('https://goproxy.example', 'goproxy.example', 'example.com/m@v1.0.0', error);

describe('connectionError', () => {
  it.each([
    ['ECONNREFUSED', 'connection refused', true],
    ['ECONNRESET', 'connection reset', true],
    ['UND_ERR_SOCKET', 'connection reset', true],
    ['ENOTFOUND', 'no such host', false],
    ['EAI_AGAIN', 'cannot be resolved now', true],
    ['EHOSTUNREACH', 'no route', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'timed out', true],
    ['CERT_HAS_EXPIRED', 'certificate cannot be verified', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate cannot be verified', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate cannot be verified', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate cannot be verified', false],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'no TLS connection', false],
    ['Z_BUF_ERROR', 'in the middle of the answer', true],
    ['Z_DATA_ERROR', 'compression of the answer is damaged', false],
    ['SOMETHING_NEW', 'the request failed', true],
  ])('says of %s: %s', (code, reason, transient) => {
    for (const error of [coded(code), failed(coded(code)), failed(new AggregateError([coded(code), coded(code)]))]) {
      const described = describeError(error);
      expect(described.message).toContain(reason);
      expect(described.message).toContain('https://goproxy.example: reading example.com/m@v1.0.0: ');
      expect(described.message).not.toContain('internal');
      expect(described.data).toMatchObject({ transient });
    }
  });

  it('names the host where a redirect led elsewhere', () => {
    const error = connectionError('https://goproxy.example', 'cdn.example', 'x', failed(coded('ECONNRESET')));
    expect(error.message).toBe('https://goproxy.example at cdn.example: reading x: connection reset');
  });

  it('comes to an end with causes in a circle', () => {
    const circle = failed(undefined);
    circle.cause = circle;
    expect(describeError(circle).code).toBe('upstream_unavailable');
    expect(describeError('text').code).toBe('upstream_unavailable');
  });
});

describe('statusError', () => {
  const after = (retryAfter: string | null) =>
    statusError({ upstream: 'u', what: 'x', status: 503, reason: '', retryAfter }).data.retryAfter;

  it('reads Retry-After in seconds or as a date', () => {
    expect(after('120')).toBe(120);
    expect(after(new Date(Date.now() + 3_600_000).toUTCString())).toBeGreaterThan(3500);
    expect(after('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(0);
    expect(after('soon')).toBeUndefined();
    expect(after('99999999999999999999')).toBeUndefined();
    expect(after(null)).toBeUndefined();
  });
});
