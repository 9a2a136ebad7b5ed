// A log beside a second one: the same log seen from elsewhere, or another one that has records of the same module versions.
//
// Invariants:
// - Two trees of one log are compared by hashes that both prove; a fork comes with evidence that speaks for itself, and with the first
//   record in which they differ.
// - Another log is asked for each record by a client that believes only what is proved. Private paths are not named to it.

import { equalBytes } from '../../bytes/utf8.ts';
import { isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { createSumdbClient } from '../client/client.ts';
import { skippedPaths, verifierKeyOf } from '../client/go-sumdb.ts';
import { evidenceOf, misbehaviourReport } from '../client/misbehaviour.ts';
import { openSignedTree, type SignedTree } from '../client/signed-tree.ts';
import type { SumdbClient } from '../client/sumdb-client.ts';
import { newVerifier, verifierList } from '../note/verifier.ts';
import { remoteHashes } from '../proof/create-proof.ts';
import { proveTree } from '../tlog/proofs.ts';
import { type HashReader, treeHash } from '../tlog/tree.ts';
import type { AuditedPeer, AuditLogOptions, AuditPeer, AuditProblem } from './audit.ts';
import { readDataTile } from './served-tiles.ts';
import type { SumText } from './sum-text.ts';

type Report = (problem: AuditProblem) => void;

/** Compares with a second log. */
export interface PeerComparison {
  /** Once, with the audited tree. */
  begin(tree: SignedTree, options: CallOptions): Promise<void>;
  /** Records, in any order. */
  see(records: readonly SumText[], options: CallOptions): Promise<void>;
  finish(): AuditedPeer;
}

/** The comparison that fits the keys. Throws `invalid_argument` for a malformed key. */
export function peerComparison(options: AuditLogOptions, peer: AuditPeer, report: Report): PeerComparison {
  const own = newVerifier(verifierKeyOf(options.key));
  const other = newVerifier(verifierKeyOf(peer.key));
  const same = own.name === other.name && own.keyHash === other.keyHash;
  return same ? new SameLog(options, peer, report) : new OtherLog(options, peer, report);
}

class SameLog implements PeerComparison {
  readonly #options: AuditLogOptions;
  readonly #peer: AuditPeer;
  readonly #report: Report;
  readonly #name: string;
  #size: bigint | undefined;

  constructor(options: AuditLogOptions, peer: AuditPeer, report: Report) {
    this.#options = options;
    this.#peer = peer;
    this.#report = report;
    this.#name = newVerifier(verifierKeyOf(peer.key)).name;
  }

  async begin(tree: SignedTree, options: CallOptions): Promise<void> {
    const { key, remote } = this.#peer;
    const answer = await remote('latest', options);
    let theirs: SignedTree;
    try {
      theirs = await openSignedTree(answer, verifierList(newVerifier(verifierKeyOf(key))));
    } catch (error) {
      if (!isGoModKitError(error, 'invalid_note', 'invalid_log')) throw error;
      this.#report({
        kind: 'head',
        message: `the latest tree of the second view of ${this.#name} is none: ${error.message}`,
      });
      return;
    }
    this.#size = theirs.size;
    await this.#compare(tree, theirs, options);
  }

  async see(): Promise<void> {}

  finish(): AuditedPeer {
    const none = { equal: 0n, differing: 0n, unknown: 0n, skipped: 0n };
    return { database: this.#name, same: true, size: this.#size, ...none };
  }

  async #compare(ours: SignedTree, theirs: SignedTree, options: CallOptions): Promise<void> {
    const view = (tree: SignedTree, remote: AuditPeer['remote']): View => ({
      tree,
      reader: remoteHashes(this.#name, remote, this.#options.tileHeight)(tree),
    });
    const [own, other] = [view(ours, this.#options.remote), view(theirs, this.#peer.remote)];
    const [older, newer] = ours.size < theirs.size ? [own, other] : [other, own];
    try {
      const hash = await hashAt(newer, older.tree.size, options);
      if (equalBytes(hash, older.tree.hash)) return;
      const { size } = older.tree;
      const provable = size > 0n && size < newer.tree.size;
      const proof = provable ? await proveTree(newer.tree.size, size, newer.reader, options) : [];
      const evidence = misbehaviourReport(evidenceOf(this.#name, older.tree, newer.tree, hash, proof));
      const number = await firstDifference(older, newer, options);
      this.#report({ kind: 'fork', number, evidence, message: await this.#forkText(number, options) });
    } catch (error) {
      if (!isGoModKitError(error, 'invalid_log')) throw error;
      this.#report({ kind: 'tile', message: `the two views of ${this.#name} cannot be compared: ${error.message}` });
    }
  }

  async #forkText(number: bigint, options: CallOptions): Promise<string> {
    const [own, other] = await Promise.all(
      [this.#options.remote, this.#peer.remote].map((remote) => recordOf(remote, number, this.#options, options)),
    );
    return (
      `${this.#name} shows two trees that do not fit; they differ from record ${number} on: ` +
      `here ${JSON.stringify(own)}, there ${JSON.stringify(other)}`
    );
  }
}

interface View {
  readonly tree: SignedTree;
  readonly reader: HashReader;
}

async function hashAt({ tree, reader }: View, size: bigint, options: CallOptions): Promise<Uint8Array> {
  return size === tree.size ? tree.hash : treeHash(size, reader, options);
}

/** The number of the first record that differs: trees of up to as many records are equal. */
async function firstDifference(older: View, newer: View, options: CallOptions): Promise<bigint> {
  let equal = 0n;
  let different = older.tree.size;
  while (different - equal > 1n) {
    const middle = (equal + different) >> 1n;
    const [a, b] = [await hashAt(older, middle, options), await hashAt(newer, middle, options)];
    if (equalBytes(a, b)) equal = middle;
    else different = middle;
  }
  return equal;
}

/** The record that a log serves at a number, for people; it is not verified. */
async function recordOf(
  remote: AuditPeer['remote'],
  number: bigint,
  { tileHeight: h = 8 }: AuditLogOptions,
  options: CallOptions,
): Promise<string | undefined> {
  const n = number >> BigInt(h);
  const w = Number(number - (n << BigInt(h))) + 1;
  const served = await readDataTile(remote, { h, l: -1, n, w }, options);
  return 'value' in served ? served.value.at(-1) : undefined;
}

class OtherLog implements PeerComparison {
  readonly #client: SumdbClient;
  readonly #skips: (path: string) => boolean;
  readonly #report: Report;
  #equal = 0n;
  #differing = 0n;
  #unknown = 0n;
  #skipped = 0n;

  constructor(options: AuditLogOptions, { key, remote, noSumdb = options.noSumdb ?? '' }: AuditPeer, report: Report) {
    this.#client = createSumdbClient({ key, remote, noSumdb });
    this.#skips = skippedPaths(noSumdb);
    this.#report = report;
  }

  async begin(_tree: SignedTree, options: CallOptions): Promise<void> {
    await this.#client.update(options);
  }

  async see(records: readonly SumText[], options: CallOptions): Promise<void> {
    for (let at = 0; at < records.length; at += 16) {
      await Promise.all(records.slice(at, at + 16).map((record) => this.#compare(record, options)));
    }
  }

  finish(): AuditedPeer {
    return {
      database: this.#client.name,
      same: false,
      equal: this.#equal,
      differing: this.#differing,
      unknown: this.#unknown,
      skipped: this.#skipped,
    };
  }

  async #compare({ path, version, sums }: SumText, options: CallOptions): Promise<void> {
    if (this.#skips(path)) {
      this.#skipped++;
      return;
    }
    try {
      const theirs = (await this.#client.lookup(path, version, options)).sums;
      if (theirs.zip === sums.zip && theirs.goMod === sums.goMod) {
        this.#equal++;
        return;
      }
      this.#differing++;
      const name = `${path}@${version}`;
      this.#report({
        kind: 'disagreement',
        module: { path, version },
        message: `${name} has other sums in ${this.#client.name}: zip ${theirs.zip}, go.mod ${theirs.goMod}; here zip ${sums.zip}, go.mod ${sums.goMod}`,
      });
    } catch (error) {
      if (!isGoModKitError(error, 'not_found', 'gone')) throw error;
      this.#unknown++;
    }
  }
}
