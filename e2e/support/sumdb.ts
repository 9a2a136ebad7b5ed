// A checksum database of exactly one record, as the go command asks for it through a proxy (spec §12): enough to prove one module.

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { Fault } from '@gomodkit/testing';

/** The database. */
export interface OneRecordSumdb {
  /** GOSUMDB. */
  readonly verifierKey: string;
  /** Answers below `/sumdb/NAME/`, in the shape in which a test proxy takes them. */
  readonly answers: readonly Fault[];
}

const name = 'sumdb.example';

/** Signs a tree whose only leaf is `lines`, the go.sum lines of one version. */
export function oneRecordSumdb(path: string, version: string, lines: string): OneRecordSumdb {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const key = Buffer.concat([Buffer.from([1]), raw]);
  const keyHash = sha256(Buffer.from(`${name}\n`), key).subarray(0, 4);
  // The root of a tree with one leaf is that leaf's hash.
  const leaf = sha256(Buffer.from([0]), Buffer.from(lines));
  const tree = `go.sum database tree\n1\n${leaf.toString('base64')}\n`;
  const signature = Buffer.concat([keyHash, sign(null, Buffer.from(tree), privateKey)]).toString('base64');
  const note = `${tree}\n— ${name} ${signature}\n`;
  const answer = (target: string, body: string | Uint8Array): Fault => ({
    match: (request) => request.target === `/sumdb/${name}/${target}`,
    status: 200,
    body,
    name: 'sumdb',
  });
  return {
    verifierKey: `${name}+${keyHash.toString('hex')}+${key.toString('base64')}`,
    answers: [
      answer('supported', ''),
      answer('latest', note),
      answer(`lookup/${path}@${version}`, `0\n${lines}\n${note}`),
      answer('tile/8/0/000.p/1', leaf),
    ],
  };
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}
