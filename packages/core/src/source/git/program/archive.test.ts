// What git wrote is read with limits all the same: the names in it are a stranger's.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fileSource } from '../../../platform/files.node.ts';
import { archivedFiles } from './archive.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-archived-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('an archive whose paths are too long together is not read', async () => {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(2 ** 27 + 1, 12);
  writeFileSync(join(scratch, 'archive.zip'), end);
  const archive = await fileSource(join(scratch, 'archive.zip'));
  await expect(archivedFiles(archive, '', 10)).rejects.toMatchObject({
    code: 'limit_exceeded',
    message: expect.stringMatching(/paths/),
  });
  await archive.close();
});
