// Vector file `sumdb-client`: whole scenarios, those of the three CVEs of 2026 among them.

import { expect, it } from 'vitest';
import { describeVectors } from '../../../test/vectors.ts';
import { isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { type CachePutOptions, createSumdbClient, type SumdbCache, type SumdbClient } from '../index.ts';
import * as tlog from '../tlog/index.ts';
import { type HeadStore, type KeptHead, memoryHeads } from './heads.ts';
import { checkMisbehaviour, type Misbehaviour } from './misbehaviour.ts';

interface Step {
  readonly op: string;
  readonly path: string;
  readonly vers: string;
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly errorContains: string;
  readonly size: number;
  readonly lookups: boolean;
  readonly tiles: boolean;
  readonly data: string;
  readonly skipped: boolean;
  readonly contains: readonly string[];
  readonly hashOfOldSizeInNewTree: string;
  readonly oldTreeHash: string;
  readonly newTreeHash: string;
  readonly proof: readonly string[];
}

interface Case {
  readonly name: string;
  readonly tileHeight: number;
  readonly gonosumdb?: string;
  readonly config: Readonly<Record<string, string>>;
  readonly remote: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

/** Go's words, and ours. */
const errors: readonly (readonly [go: string, code: string, message: RegExp])[] = [
  ['security error: misbehaving server', 'checksum_misbehaviour', /two trees/],
  ['downloaded inconsistent tile', 'upstream_invalid', /inconsistent tile/],
  ['cannot validate record 6 in tree of size 6', 'upstream_invalid', /record 6 in tree of size 6/],
  ['cannot authenticate record data', 'upstream_invalid', /cannot authenticate record data/],
  ['note has no verifiable signatures', 'upstream_invalid', /no verifiable signatures/],
  ['bad result slice (tile/2/0/001.p/3 len=64, want 96)', 'upstream_invalid', /001\.p\/3 has 64 bytes, want 96/],
];

/** One scenario, being played. */
class Scenario {
  readonly #row: Case;
  readonly #heads: Config;
  readonly #cache = new MapCache();
  #client: SumdbClient;
  #allowed: Pick<Step, 'lookups' | 'tiles'> = { lookups: true, tiles: true };
  #flipped = false;
  #misbehaviour: unknown;
  /** A head with a hash that no tree has was put into the store: Go notices when it reads tiles, we when we compare. */
  #forgedHead = false;

  constructor(row: Case) {
    this.#row = row;
    const latest = Object.entries(row.config).find(([file]) => file.endsWith('/latest'))?.[1] ?? '';
    this.#heads = new Config(latest);
    this.#client = this.#newClient();
  }

  #newClient(): SumdbClient {
    return createSumdbClient({
      key: this.#row.config.key?.trim() ?? '',
      remote: (path) => this.#remote(path),
      heads: this.#heads,
      cache: this.#cache,
      noSumdb: this.#row.gonosumdb,
      tileHeight: this.#row.tileHeight,
    });
  }

  async #remote(path: string): Promise<Uint8Array> {
    const kind = path.startsWith('tile/') ? 'tiles' : 'lookups';
    expect(this.#allowed[kind], `network for ${path}`).toBe(true);
    const body = this.#row.remote[`/${path}`];
    if (body === undefined) throw new Error(`no answer for ${path}`);
    const bytes = Uint8Array.from(Buffer.from(body, 'base64'));
    return this.#flipped && kind === 'tiles' ? bytes.map((byte) => byte ^ 0x80) : bytes;
  }

  async play(step: Step): Promise<void> {
    const act = this.#acts[step.op];
    if (act === undefined) throw new Error(`unknown step ${step.op}`);
    await act(step);
  }

  readonly #acts: Readonly<Record<string, (step: Step) => Promise<void> | void>> = {
    lookup: (step) => this.#lookup(step),
    latestSize: async ({ size }) => expect(await this.#heads.size()).toBe(BigInt(size)),
    network: (allowed) => {
      this.#allowed = allowed;
    },
    flipTiles: () => {
      this.#flipped = !this.#flipped;
    },
    newClient: () => {
      this.#client = this.#newClient();
    },
    setConfig: async ({ data }) => {
      this.#forgedHead = true;
      await this.#heads.put(data);
    },
    skipped: ({ path, skipped }) => expect(this.#client.skips(path)).toBe(skipped),
    securityReport: (step) => this.#report(step),
  };

  async #lookup({ path, vers, ok, lines, errorContains }: Step): Promise<void> {
    const result = this.#client.lookup(path, vers);
    if (ok && lines.length > 0) {
      expect((await result).lines).toEqual(lines);
      return;
    }
    const error = await result.catch((reason: unknown) => reason);
    if (!isGoModKitError(error)) throw new Error(`not refused: ${path}@${vers}`, { cause: error });
    this.#misbehaviour = error.data;
    // x/mod answers with an empty list, and the go command refuses that.
    if (ok) expect(error).toMatchObject({ code: 'upstream_invalid', message: expect.stringMatching(/no line for it/) });
    else if (this.#forgedHead) expect(error.code).toBe('checksum_misbehaviour');
    else {
      const known = errors.find(([go]) => errorContains.includes(go));
      expect(known, errorContains).toBeDefined();
      expect(error.code).toBe(known?.[1]);
      expect(error.message).toMatch(known?.[2] ?? /never/);
    }
  }

  async #report(step: Step): Promise<void> {
    const evidence = this.#misbehaviour as Misbehaviour & { readonly report: string };
    for (const part of step.contains) expect(evidence.report).toContain(part);
    expect(evidence.hashInNewer).toBe(step.hashOfOldSizeInNewTree);
    expect(evidence.proof).toEqual(step.proof);
    expect(evidence.olderNote).toContain(`\n${step.oldTreeHash}\n`);
    expect(evidence.newerNote).toContain(`\n${step.newTreeHash}\n`);
    await checkMisbehaviour(this.#row.config.key?.trim() ?? '', evidence);
    expect(this.#heads.evidence).toEqual([evidence.report]);
  }
}

/** The config file of a scenario. */
class Config implements HeadStore {
  readonly #heads = memoryHeads();
  readonly evidence: string[] = [];
  readonly #begun: Promise<unknown>;

  constructor(latest: string) {
    this.#begun = latest === '' ? Promise.resolve() : this.#heads.write({ number: 0, note: latest });
  }

  async read(): Promise<KeptHead | undefined> {
    await this.#begun;
    return this.#heads.read();
  }

  write(head: KeptHead): Promise<boolean> {
    return this.#heads.write(head);
  }

  async put(note: string): Promise<void> {
    await this.write({ number: ((await this.read())?.number ?? -1) + 1, note });
  }

  async size(): Promise<bigint> {
    const head = await this.read();
    return head === undefined ? 0n : tlog.parseTree(head.note).size;
  }

  async keepEvidence(report: string): Promise<void> {
    this.evidence.push(report);
  }
}

class MapCache implements SumdbCache {
  readonly #entries = new Map<string, Uint8Array>();

  async get(path: string): Promise<Uint8Array | undefined> {
    return this.#entries.get(path);
  }

  async put(path: string, data: Uint8Array, { replace }: CachePutOptions & CallOptions = {}): Promise<void> {
    if (replace || !this.#entries.has(path)) this.#entries.set(path, data);
  }
}

describeVectors<Case>('sumdb-client', ({ cases }) => {
  it.each(cases.map((row) => [row.name, row] as const))('%s', async (_, row) => {
    const scenario = new Scenario(row);
    for (const step of row.steps) await scenario.play(step);
  });
});
