// The vectors of git-archive-attributes: blobs and attributes, and what comes out of `git archive`.

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { bytesOf, describeVectors, type VectorText } from '../../../../test/vectors.ts';
import { byteString } from './byte-string.ts';
import { checkoutRules } from './checkout.ts';
import { convert } from './conversion.ts';

interface Case {
  readonly name: string;
  readonly gitattributes?: string;
  readonly blobs?: Readonly<Record<string, VectorText>>;
  readonly archived?: Readonly<Record<string, VectorText>>;
  readonly gitattributesArchivedAs?: string;
  readonly objectFormat?: 'sha1' | 'sha256';
}

function blobHash(bytes: Uint8Array, format: 'sha1' | 'sha256' = 'sha1'): string {
  return createHash(format).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

describeVectors<Case>('git-archive-attributes', ({ cases }) => {
  it.each(cases.filter((each) => each.blobs !== undefined))('$name', (vector) => {
    const { gitattributes = '', blobs = {}, archived = {}, objectFormat } = vector;
    const rules = checkoutRules(new Map([['', bytesOf(gitattributes)]]));
    const checkOut = (path: string, blob: Uint8Array): Uint8Array => {
      const conversion = rules.conversion(byteString(Buffer.from(path)));
      return conversion === undefined ? blob : convert(conversion, blob, blobHash(blob, objectFormat), path);
    };
    expect(Object.keys(archived).length).toBeGreaterThan(0);
    for (const [path, expected] of Object.entries(archived)) {
      const blob = bytesOf(blobs[path] ?? '');
      if (/working-tree-encoding=(?!UTF-8)/.test(gitattributes)) {
        expect(() => checkOut(path, blob)).toThrow(expect.objectContaining({ code: 'needs_git_engine' }));
      } else {
        expect(byteString(checkOut(path, blob))).toBe(byteString(bytesOf(expected)));
      }
    }
    if (vector.gitattributesArchivedAs !== undefined) {
      const own = checkOut('.gitattributes', bytesOf(gitattributes));
      expect(byteString(own)).toBe(byteString(bytesOf(vector.gitattributesArchivedAs)));
    }
  });
});
