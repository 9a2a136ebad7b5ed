import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { type ErrorCode, type ErrorData, GoModKitError } from '../errors/error.ts';
import { memoryStorage } from '../storage/memory.ts';
import { createStore, refusesAll } from './store.ts';
import { aroundStorage } from './testdata/fixture.ts';

const key = 'example.com/m/@v/v1.0.0.mod';
const secret = '/var/lib/secret';

/** What a store makes of `error`, and after how many attempts. */
async function faultOf(error: unknown, step: 'read' | 'write' = 'write') {
  let calls = 0;
  const storage = aroundStorage(memoryStorage(), () => {
    calls++;
    return Promise.reject(error);
  });
  const store = createStore(storage, { sleep: async () => {} });
  const attempt =
    step === 'read' ? store.read(key, 10) : store.create(key, bytesSource(new Uint8Array()), 'text/plain');
  const fault = await attempt.then(
    () => undefined,
    (fault: unknown) => fault as GoModKitError,
  );
  return { fault, calls };
}

const ofSystem = (code: string) => Object.assign(new Error(`${code}: no, open '${secret}'`), { code, errno: -28 });
const ofBackend = (data: ErrorData, code: ErrorCode = 'storage_unavailable') =>
  new GoModKitError(code, secret, { data });

describe('a fault', () => {
  it.each([
    [
      'that a backend explains',
      ofBackend({ transient: false, errno: 'EROFS', reason: 'EROFS: read-only' }),
      ': EROFS: read-only',
    ],
    ['that a backend names', ofBackend({ transient: false, errno: 'EROFS' }), ': EROFS'],
    [
      'that is behind what a backend says',
      new GoModKitError('storage_unavailable', secret, { cause: ofSystem('ECONNREFUSED') }),
      ': ECONNREFUSED',
    ],
    ['of a service', ofBackend({ transient: false, status: 403 }), ': the service answered 403'],
    ['of the system', ofSystem('ENOSPC'), ': ENOSPC'],
    ['in words of its own', ofBackend({ transient: true }), ''],
    ['with another code', ofBackend({}, 'unsupported'), ''],
    ['that is no error', secret, ''],
    ['with a code that is no errno', Object.assign(new Error(secret), { code: `ERR ${secret}` }), ''],
  ])('%s ends with what the system said, and no path', async (_, error, end) => {
    const { fault } = await faultOf(error);
    expect(fault).toMatchObject({ code: 'storage_unavailable', message: `storage cannot write ${key}${end}` });
  });

  it.each([
    ['ENOSPC', 1],
    ['EACCES', 1],
    ['EIO', 4],
  ])('%s of the system is tried %i times', async (code, tries) => {
    expect((await faultOf(ofSystem(code))).calls).toBe(tries);
  });
});

describe('storage refuses all', () => {
  it.each([
    ['when it is full', ofBackend({ transient: false, errno: 'ENOSPC' }), 'write', true],
    ['when the system says so', ofSystem('EDQUOT'), 'write', true],
    ['when it may not be read', ofBackend({ transient: false, errno: 'EACCES' }), 'read', true],
    ['when a service forbids it', ofBackend({ transient: false, status: 403, key }), 'write', true],
    ['when a write is refused for good', ofBackend({ transient: false }), 'write', true],
    ['but not when a read is', ofBackend({ transient: false }), 'read', false],
    ['but not for a hiccup', ofBackend({ transient: true, errno: 'EIO' }), 'write', false],
    ['but not for a key that is too long', ofBackend({ transient: false, errno: 'ENAMETOOLONG' }), 'write', false],
    ['but not for what lies at a key', ofBackend({ transient: false, key }), 'write', false],
    ['but not for what a backend cannot do', ofBackend({}, 'limit_exceeded'), 'write', false],
  ] as const)('%s', async (_, error, step, refuses) => {
    expect(refusesAll((await faultOf(error, step)).fault)).toBe(refuses);
  });
});
