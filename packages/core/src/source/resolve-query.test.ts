import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../errors/error.ts';
import { resolveQuery } from './resolve-query.ts';
import type { VersionInfo } from './source.ts';

/** A source that has these, and fails for `broken`. */
function sourceOf(...versions: string[]) {
  const asked: string[] = [];
  const resolve = async (_path: string, query: string): Promise<VersionInfo> => {
    asked.push(query);
    if (query.includes('broken')) throw new GoModKitError('upstream_unavailable', `no answer to ${query}`);
    if (!versions.includes(query)) throw new GoModKitError('not_found', `unknown revision ${query}`);
    return { version: query };
  };
  return { source: { resolve }, asked };
}

describe('a query with build metadata', () => {
  it.each([
    ['v1.2.3+meta', ['v1.2.3'], 'v1.2.3', ['v1.2.3+meta', 'v1.2.3']],
    ['v1.2.3+meta', ['v1.2.3', 'v1.2.3+meta'], 'v1.2.3+meta', ['v1.2.3+meta']],
    ['v2.0.0+incompatible', ['v2.0.0+incompatible'], 'v2.0.0+incompatible', ['v2.0.0+incompatible']],
  ])('%s of %j is %s', async (query, versions, version, questions) => {
    const { asked, source } = sourceOf(...versions);
    expect(await resolveQuery(source, 'example.com/m', query)).toEqual({ version });
    expect(asked).toEqual(questions);
  });

  it.each([
    ['v1.2.3+meta', 'unknown revision v1.2.3+meta', 2],
    ['v2.0.0+incompatible', 'unknown revision v2.0.0+incompatible', 1],
    ['main', 'unknown revision main', 1],
    ['v1.2', 'unknown revision v1.2', 1],
    ['v1.2.3+broken', 'no answer to v1.2.3+broken', 1],
  ])('%s that is not there says so by its own name', async (query, message, questions) => {
    const { asked, source } = sourceOf();
    await expect(resolveQuery(source, 'example.com/m', query)).rejects.toThrow(message);
    expect(asked.length).toBe(questions);
  });
});
