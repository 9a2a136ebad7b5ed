import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sumdb } from '@gomodkit/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyFile, readKeyFile } from './key-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gomodkit-key-'));
});
afterEach(() => rm(directory, { recursive: true }));

const invalid = (message: RegExp) => ({ code: 'invalid_argument', message: expect.stringMatching(message) });

describe('a key file', () => {
  it('is made for its owner alone, and read again', async () => {
    const path = join(directory, 'key');
    const verifierKey = await createKeyFile(path, 'sum.corp.example');
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toMatch(/^PRIVATE\+KEY\+sum\.corp\.example\+[0-9a-f]{8}\+\S{44}\n$/);
    const read = await readKeyFile(path);
    expect(read).toMatchObject({ verifierKey, signer: { name: 'sum.corp.example' } });
    const signed = await sumdb.note.sign({ text: 'text\n' }, read.signer);
    await sumdb.note.open(signed, sumdb.note.verifierList(sumdb.note.newVerifier(verifierKey)));
  });

  it('never replaces another one, also not through a link', async () => {
    const path = join(directory, 'key');
    await writeFile(path, 'precious');
    await symlink(join(directory, 'elsewhere'), join(directory, 'link'));
    for (const name of ['key', 'link'])
      await expect(createKeyFile(join(directory, name), 'sum.corp.example')).rejects.toMatchObject(
        invalid(/exists already/),
      );
    expect(await readFile(path, 'utf8')).toBe('precious');
    await expect(stat(join(directory, 'elsewhere'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is not made for a name that GOSUMDB cannot have', async () => {
    for (const name of ['', 'a b', 'a+b', '/x', 'x/'])
      await expect(createKeyFile(join(directory, 'key'), name)).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(stat(join(directory, 'key'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(createKeyFile(join(directory, 'no/key'), 'sum.example')).rejects.toMatchObject(invalid(/ENOENT/));
  });

  it.skipIf(process.platform === 'win32')('is refused when others may use it', async () => {
    const path = join(directory, 'key');
    await createKeyFile(path, 'sum.corp.example');
    for (const mode of [0o640, 0o604, 0o620, 0o601, 0o644, 0o666]) {
      await chmod(path, mode);
      await expect(readKeyFile(path)).rejects.toMatchObject(
        invalid(/others than its owner may use it .*; chmod 600 it/),
      );
    }
    for (const mode of [0o400, 0o600]) {
      await chmod(path, mode);
      await readKeyFile(path);
    }
  });

  it.skipIf(process.platform === 'win32')('is no pipe, for which nobody waits', { timeout: 5000 }, async () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', ['-m', '600', path]);
    await expect(readKeyFile(path)).rejects.toMatchObject(invalid(/it is no file/));
  });

  it('is refused without showing what is in it', async () => {
    const path = join(directory, 'key');
    const { signerKey } = await sumdb.note.generateKey('sum.corp.example');
    const secret = signerKey.slice(-44);
    const contents = [
      '',
      secret,
      signerKey.replace('PRIVATE+KEY+', ''),
      signerKey.replace('sum.corp', 'sum.other'),
      `${signerKey}\n${signerKey}\n`,
      `${signerKey} `,
      signerKey.repeat(100),
    ];
    for (const content of contents) {
      await writeFile(path, content, { mode: 0o600 });
      const error = await readKeyFile(path).catch((cause: unknown) => cause);
      expect(error).toMatchObject(invalid(/^key file .*: it /));
      expect(JSON.stringify(error) + String(error)).not.toContain(secret.slice(0, 12));
    }
    await expect(readKeyFile(join(directory, 'absent'))).rejects.toMatchObject(invalid(/does not exist/));
    await expect(readKeyFile(directory)).rejects.toMatchObject(invalid(/^key file /));
  });
});
