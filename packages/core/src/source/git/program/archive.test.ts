// What git wrote is read with limits all the same: the names in it are a stranger's.

import { expect, it } from 'vitest';
import { bytesSource } from '../../../bytes/source.ts';
import { archivedFiles } from './archive.ts';

it('an archive whose paths are too long together is not read', async () => {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(2 ** 27 + 1, 12);
  const archive = { ...bytesSource(end), modified: new Date(0), close: async () => {} };
  await expect(archivedFiles(archive, '', 10)).rejects.toMatchObject({ code: 'limit_exceeded', message: /paths/ });
});
