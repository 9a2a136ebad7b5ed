// Sums of public modules that go.sum files of real projects hold, compared with what a repository takes in from the upstream of the go
// command here. Modules that the upstream does not carry, or no longer, are left out and counted.

import { createRepository, isGoModKitError, memoryStorage, sourceFromGoEnv } from '@gomodkit/core';
import { findGo, goCommand } from '@gomodkit/testing';
import { describe, expect, it } from 'vitest';
import { describeVectors } from '../packages/core/test/vectors.ts';

const go = await findGo();
const limit = process.env.GOMODKIT_TEST_SCALE === 'full' ? Number.POSITIVE_INFINITY : 40;

describe.skipIf(go === undefined)('public modules', () => {
  describeVectors<readonly [path: string, version: string, h1: string]>('zip-sums-public', ({ cases }) => {
    it('have the sums that go.sum files hold', async () => {
      const { stdout } = await goCommand(['env', 'GOPROXY']);
      const source = await sourceFromGoEnv({ GOPROXY: stdout.trim().split(/[,|]/)[0] });
      const absent: string[] = [];
      const wrong: string[] = [];
      const asked = cases.slice(0, limit);
      for (const [path, version, h1] of asked) {
        const repository = createRepository({ storage: memoryStorage(), source });
        try {
          const zip = await repository.zip(path, version);
          if (zip.h1 !== h1) wrong.push(`${path}@${version}: ${zip.h1}, not ${h1}`);
        } catch (error) {
          if (!isGoModKitError(error) || !['not_found', 'gone', 'denied'].includes(error.code)) throw error;
          absent.push(`${path}@${version}`);
        } finally {
          await repository.close();
        }
      }
      console.log(`sums of ${asked.length - absent.length} public modules compared, ${absent.length} not to be had`);
      expect(wrong).toEqual([]);
      expect(absent.length).toBeLessThan(asked.length);
    });
  });
});
