// Zips: core accepts exactly those that the go command does (CheckZip, h1, Unzip), with the same h1 and the same words about
// names; what either side makes, the other accepts.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashDirectory } from '@gomodkit/core/dirhash';
import { bytesSource, createZip, unzip } from '@gomodkit/core/zip';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectAgreement } from './agreement.ts';
import { goodFileList } from './generators/file-lists.ts';
import { changes } from './generators/zip-changes.ts';
import { craftedZip } from './generators/zips.ts';
import { type Answer, goIsPresent, type Oracle, type Question, startOracle } from './go-oracle.ts';
import {
  answered,
  type CreatedZip,
  isAccepted,
  sourceFiles,
  unlessRefused,
  verdictOf,
  type ZipVerdict,
} from './zip-questions.ts';

const module = { path: 'example.com/m', version: 'v1.2.3' };
const moduleArgs = [module.path, module.version];

function checkZipQuestion(zip: Uint8Array, { path, version } = module): Question {
  return { op: 'checkZip', args: [path, version, zip] };
}

/** The verdicts are one, apart from the words about damaged archives. */
async function expectSameVerdict(zip: Uint8Array, answer: Answer | undefined, about = module): Promise<ZipVerdict> {
  const go = answered<ZipVerdict>(answer);
  const ours = await verdictOf(about, zip);
  assert.deepStrictEqual(ours.checked, go.checked);
  assert.equal(ours.h1, isAccepted(go) ? go.h1 : undefined, `core: ${ours.refusal} / Go: ${go.refusal}`);
  return go;
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe.skipIf(!goIsPresent)('zips, compared with Go', () => {
  let oracle: Oracle;
  let scratch: string;
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'zips-'));
    oracle = await startOracle();
  });
  afterAll(async () => {
    await oracle?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('each accepts what the other makes, with one h1', () =>
    expectAgreement(oracle, goodFileList, 200, {
      questions: async (files) => [
        { op: 'createZip', args: moduleArgs, files },
        checkZipQuestion(await collect(createZip(module, sourceFiles(files)))),
      ],
      async judge(_files, [created, checked]) {
        const { h1, zip } = answered<CreatedZip>(created);
        const theirs = await verdictOf(module, Buffer.from(zip, 'base64'));
        const { refusal, ...ours } = answered<ZipVerdict>(checked);
        assert.equal(refusal, '');
        assert.equal(ours.h1, h1);
        assert.equal(theirs.h1, h1, theirs.refusal);
        assert.deepStrictEqual(theirs.checked, ours.checked);
      },
    }));

  it('archives of any kind', () =>
    expectAgreement(oracle, craftedZip, 400, {
      questions: (zip) => [checkZipQuestion(zip)],
      judge: async (zip, [answer]) => {
        await expectSameVerdict(zip, answer);
      },
    }));

  it('damaged archives', () => {
    const made = fc.tuple(goodFileList, craftedZip, fc.nat(2), changes);
    const zips = new Map<unknown, Uint8Array>();
    return expectAgreement(oracle, made, 400, {
      async questions(value) {
        const [files, crafted, maker, change] = value;
        const zip = change(maker === 0 ? crafted : await sound(oracle, files, maker === 1));
        zips.set(value, zip);
        return [checkZipQuestion(zip)];
      },
      async judge(value, [answer]) {
        await expectSameVerdict(zips.get(value) ?? new Uint8Array(), answer);
        zips.delete(value);
      },
    });
  });

  it('modules that cannot have a zip, and archives of another module', () =>
    expectAgreement(
      oracle,
      fc.tuple(
        goodFileList,
        fc.constantFrom(
          ...['example.com/m', 'example.com/M', 'example.com/m/v2', 'gopkg.in/m.v1', 'example.com/m@v1.2.3', 'm', ''],
        ),
        fc.constantFrom('v1.2.3', 'v1.2.4', 'v1.2', 'v1.2.3+meta', 'v2.0.0+incompatible', 'v2.0.0', ''),
      ),
      50,
      {
        questions: async ([files, path, version]) => [
          checkZipQuestion(await collect(createZip(module, sourceFiles(files))), { path, version }),
          { op: 'createZip', args: [path, version], files },
        ],
        judge: async ([files, path, version], [checked, created]) => {
          const about = { path, version };
          await expectSameVerdict(await collect(createZip(module, sourceFiles(files))), checked, about);
          const { refusal } = await unlessRefused(collect(createZip(about, sourceFiles(files))));
          // Core's code and Go's wrapper stand before the same words.
          assert.equal(refusal?.replace(/^\w+: /, ''), created?.error?.replace(/^create zip: /, ''));
        },
      },
    ));

  it('extracts the same files', () => {
    let count = 0;
    return expectAgreement(oracle, craftedZip, 100, {
      questions: (zip) => [checkZipQuestion(zip)],
      async judge(zip, [answer]) {
        const go = answered<ZipVerdict>(answer);
        const target = join(scratch, String(count++));
        const { refusal } = await unlessRefused(unzip(module, bytesSource(zip), target));
        assert.equal(refusal === undefined, go.unzipped, `core: ${refusal} / Go: ${go.refusal}`);
        if (!go.unzipped) return;
        assert.equal(await hashDirectory(target, `${module.path}@${module.version}`), go.tree);
        rmSync(target, { recursive: true });
      },
    });
  });

  it('accepts enough, and refuses enough, for the comparison to mean something', async () => {
    const zips = fc.sample(craftedZip, 300);
    const answers = await oracle.ask(zips.map((zip) => checkZipQuestion(zip)));
    const accepted = answers.filter(({ value }) => isAccepted(value as ZipVerdict)).length;
    assert.ok(accepted > 60 && accepted < 240, `${accepted} of 300 are accepted`);
  });
});

/** A zip of these files, ours or Go's. */
async function sound(oracle: Oracle, files: Parameters<typeof sourceFiles>[0], ours: boolean): Promise<Uint8Array> {
  if (ours) return collect(createZip(module, sourceFiles(files)));
  const [created] = await oracle.ask([{ op: 'createZip', args: moduleArgs, files }]);
  return Buffer.from(answered<CreatedZip>(created).zip, 'base64');
}
