// Lists of files and directories: which files belong into the zip of a module, and the h1 of that zip, are what golang.org/x/mod says.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hashDirectory, hashZip } from '@gomodkit/core/dirhash';
import { bytesSource, checkDirectory, checkFiles, createZip, createZipFromDirectory } from '@gomodkit/core/zip';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectAgreement } from './agreement.ts';
import { fileList } from './generators/file-lists.ts';
import { goIsPresent, type Oracle, type QuestionFile, startOracle } from './go-oracle.ts';
import { answered, type Checked, type CreatedZip, checkedOf, sourceFiles, unlessRefused } from './zip-questions.ts';

const module = { path: 'example.com/m', version: 'v1.2.3' };
const moduleArgs = [module.path, module.version];

async function zipH1(zip: ReadableStream<Uint8Array>): Promise<string> {
  const bytes = new Uint8Array(await new Response(zip).arrayBuffer());
  return hashZip(bytesSource(bytes));
}

describe.skipIf(!goIsPresent)('file lists, compared with Go', () => {
  let oracle: Oracle;
  let scratch: string;
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'file-lists-'));
    oracle = await startOracle();
  });
  afterAll(async () => {
    await oracle?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('what is valid, omitted and invalid, and why; the h1 of the zip', () =>
    expectAgreement(oracle, fileList, 2000, {
      questions: (files) => [
        { op: 'checkFiles', files },
        { op: 'createZip', args: moduleArgs, files },
      ],
      async judge(files, [checked, created]) {
        assert.deepStrictEqual(checkedOf(await checkFiles(sourceFiles(files))), answered<Checked>(checked));
        const ours = await unlessRefused(zipH1(createZip(module, sourceFiles(files))));
        assert.equal(ours.value, (created?.value as CreatedZip | undefined)?.h1, `${ours.refusal} / ${created?.error}`);
      },
    }));

  it('directories on disk: the same, and the h1 of the directory', () => {
    let count = 0;
    const directories = new Map<readonly QuestionFile[], string>();
    return expectAgreement(oracle, fileList, 200, {
      questions(files) {
        const directory = join(scratch, String(count++));
        directories.set(files, directory);
        writeTree(directory, files);
        return [{ op: 'checkDir', args: [...moduleArgs, directory] }];
      },
      async judge(files, [answer]) {
        const directory = directories.get(files) ?? '';
        const prefix = `${module.path}@${module.version}`;
        const h1 = await hashDirectory(directory, prefix).catch(() => '');
        const created = await unlessRefused(zipH1(createZipFromDirectory(module, directory)));
        const checked = checkedOf(await checkDirectory(directory));
        const ours = { checked, h1, hashOk: h1 !== '', zipH1: created.value ?? '' };
        assert.deepStrictEqual(ours, answered(answer));
        directories.delete(files);
        rmSync(directory, { recursive: true });
      },
    });
  });
});

/** Writes what of a list a file system can hold, inside `directory` only. */
function writeTree(directory: string, files: readonly QuestionFile[]): void {
  mkdirSync(directory);
  for (const { name, kind, data } of files) {
    const place = join(directory, name);
    if (!place.startsWith(`${directory}/`) || /[\0\udc80-\udcff]/u.test(name)) continue;
    try {
      mkdirSync(dirname(place), { recursive: true });
      if (kind === 'directory') mkdirSync(place);
      else if (kind === 'symlink') symlinkSync('a', place);
      else writeFileSync(place, data);
    } catch {
      // A file where a directory is needed, or the reverse: the first one stays.
    }
  }
}
