// A witness of one log, asked as over HTTP, for tests.

import { decodeUtf8 } from '../../../bytes/utf8.ts';
import { memoryStorage } from '../../../storage/memory.ts';
import type { Storage } from '../../../storage/storage.ts';
import * as note from '../../note/index.ts';
import { formatAddCheckpoint } from '../add-checkpoint.ts';
import { type Cosigner, generateCosignerKey, newCosignatureVerifier, newCosigner } from '../cosignature.ts';
import { createWitness, type WitnessEvidence, type WitnessOptions } from '../witness.ts';
import { createWitnessHandler, type WitnessResponse } from '../witness-handler.ts';
import { type GrowingLog, growingLog } from './growing-log.ts';

/** The log that is watched, and a fork of it from its first record on. */
export const log: GrowingLog = await growingLog(100);
export const fork: GrowingLog = await growingLog(100, 'log.example', '!');
const keys = await generateCosignerKey('witness.example', new Uint8Array(32).fill(8));
export const cosigner: Cosigner = await newCosigner(keys.signerKey);
export const known: note.Verifiers = note.verifierList(
  newCosignatureVerifier(keys.verifierKey),
  note.newVerifier(log.verifierKey),
);
export const noProof: readonly Uint8Array[] = [];

export interface Posted {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

export interface Setup {
  readonly storage: Storage;
  readonly evidence: WitnessEvidence[];
  post(body: string | Uint8Array): Promise<Posted>;
  get(path: string, method?: string): Promise<WitnessResponse>;
  /** Asks for a tree after another, with an honest proof. */
  add(oldSize: number, size: number, from?: typeof log): Promise<Posted>;
}

export function setup(storage: Storage = memoryStorage(), more: Partial<WitnessOptions> = {}): Setup {
  const evidence: WitnessEvidence[] = [];
  const witness = createWitness({
    storage,
    signers: [cosigner],
    logs: [{ origin: 'log.example', keys: [log.verifierKey] }],
    onEvidence: (each) => evidence.push(each),
    ...more,
  });
  const handle = createWitnessHandler({ witness, basePath: '/w' });
  const post = async (body: string | Uint8Array): Promise<Posted> => {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const answer = await handle({ method: 'POST', url: '/w/add-checkpoint', body: bytes });
    return { status: answer.status, type: answer.headers['content-type'], text: decodeUtf8(answer.body) ?? '' };
  };
  return {
    storage,
    evidence,
    post,
    get: (path, method = 'GET') => handle({ method, url: path }),
    async add(oldSize, size, from = log) {
      const proof = oldSize === 0 || oldSize >= size ? noProof : await from.prove(BigInt(oldSize), BigInt(size), {});
      return post(formatAddCheckpoint({ oldSize: BigInt(oldSize), proof, checkpoint: await from.checkpoint(size) }));
    },
  };
}

export async function verified(checkpoint: string, lines: string): Promise<readonly note.Signature[]> {
  return (await note.open(`${checkpoint.slice(0, checkpoint.lastIndexOf('\n\n') + 2)}${lines}`, known)).sigs;
}

/** The methods of a storage, to replace some of them. */
export function methodsOf(storage: Storage): Storage {
  return {
    get: (key, options) => storage.get(key, options),
    head: (key, options) => storage.head(key, options),
    create: (key, source, options) => storage.create(key, source, options),
    list: (options) => storage.list(options),
  };
}
