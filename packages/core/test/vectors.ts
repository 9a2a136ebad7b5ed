// Test vectors that live beside the repository, in `../shared/spec/vectors`.
//
// - Present: every case runs. Absent: the suite is skipped, visibly. Absent in CI: a failure.
// - A string that is not valid UTF-8 arrives as `{ b64 }`; use `bytesOf` or `textOf`.

import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'vitest';

const directory = new URL('../../../../shared/spec/vectors/', import.meta.url);

/** A vector file as it is on disk. Its extra tables are further members. */
export interface VectorFile<Case> {
  readonly note: string;
  readonly count: number;
  readonly cases: readonly Case[];
  readonly [table: string]: unknown;
}

/** A string of a vector, which may be bytes that are not UTF-8. */
export type VectorText = string | { readonly b64: string };

/** Where the vector file `name` is, if it is. */
export function vectorUrl(name: string): URL {
  return new URL(`${name}.json`, directory);
}

/** The vector file `name`; undefined where the vectors are not beside the checkout. */
export function readVectors<Case>(name: string): VectorFile<Case> | undefined {
  const url = vectorUrl(name);
  return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as VectorFile<Case>) : undefined;
}

/**
 * Declares a suite over the vector file `name`. `body` gets the file and declares the tests.
 */
export function describeVectors<Case>(name: string, body: (file: VectorFile<Case>) => void): void {
  const url = vectorUrl(name);
  if (!existsSync(url)) {
    describe(`vectors ${name}`, () => {
      if (process.env.CI) it('is present', () => Promise.reject(new Error(`vector file ${name}.json is absent`)));
      else it.skip(`${name}.json is not beside this checkout`, () => {});
    });
    return;
  }
  const file = JSON.parse(readFileSync(url, 'utf8')) as VectorFile<Case>;
  describe(`vectors ${name}`, () => {
    it('has the number of cases it states', ({ expect }) => {
      expect(file.cases.length).toBe(file.count);
    });
    body(file);
  });
}

/** The bytes of a vector string. */
export function bytesOf(text: VectorText): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : Uint8Array.from(Buffer.from(text.b64, 'base64'));
}
