// What each kind of request asks of the repository, and how the answer is labelled.
//
// Invariant: every route hands back what the repository gave, byte for byte; lists are the only bytes made here.

import { sha256 } from '#sha256';
import { hex } from '../bytes/hex.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import type { ReadOptions, Repository, RepositoryFile } from '../repository/repository.ts';
import type { CacheClass } from './cache-control.ts';
import type { Answer } from './respond.ts';
import type { ModuleTarget } from './target.ts';

type Route = (repository: Repository, target: ModuleTarget, options: ReadOptions) => Promise<Answer>;

const json = 'application/json';
const text = 'text/plain; charset=utf-8';
const zip = 'application/zip';

/** The routes by kind (spec §10.1). */
export const routes: Readonly<Record<ModuleTarget['kind'], Route>> = {
  list: async (repository, { module }, options) => {
    const { body, etag } = listFile(await repository.versions(module, options));
    return { contentType: text, cache: 'short', size: body.length, etag, body };
  },
  latest: async (repository, { module }, options) => small(await repository.latest(module, options), json, 'short'),
  info: async (repository, { module, version }, options) => {
    const answer = await repository.info(module, version, options);
    return small(answer, json, answer.immutable ? 'immutable' : 'short');
  },
  mod: async (repository, { module, version }, options) =>
    small(await repository.goMod(module, version, options), text, 'immutable'),
  zip: async (repository, { module, version }, options) => {
    const file = await repository.zip(module, version, options);
    const { size, etag, modified } = file;
    return { contentType: zip, cache: 'immutable', size, etag, modified, body: (range) => file.open(range), zip: file };
  },
};

function small({ bytes, etag, modified }: RepositoryFile, contentType: string, cache: CacheClass): Answer {
  return { contentType, cache, size: bytes.length, etag, modified, body: bytes };
}

/** A list as it is sent. */
interface ListFile {
  readonly body: Uint8Array;
  readonly etag: string;
}

/** Lists that the repository hands out again and again while they are fresh. */
const files = new WeakMap<readonly string[], ListFile>();

function listFile(versions: readonly string[]): ListFile {
  let list = files.get(versions);
  if (list === undefined) {
    const body = encodeUtf8(versions.map((version) => `${version}\n`).join(''));
    list = { body, etag: hex(sha256(body)) };
    files.set(versions, list);
  }
  return list;
}
