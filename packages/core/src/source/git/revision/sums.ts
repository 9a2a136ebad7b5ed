// Sums over refs, which let a client notice that an answer may have changed (spec §6.13, §6.14).

import { sha256 } from '#sha256';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { quote } from '../../../gotext/quote.ts';
import { isPseudoVersion } from '../../../module/index.ts';
import { canonical } from '../../../semver/index.ts';
import type { GitRef } from '../engine.ts';
import type { TagHash } from './ref-table.ts';

/** The sum over the tags that begin with `prefix`: those whose name, below the prefix's directory, could be a version. */
export function tagSum(tags: readonly TagHash[], prefix: string): string {
  const directory = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const counted = tags.filter(({ tag }) => tag.startsWith(prefix) && isVersionTag(tag.slice(directory.length)));
  return `t1:${sumOf(counted.map(({ tag, hash }) => [tag, hash]))}`;
}

/** The sum over all refs. */
export function repoSum(refs: readonly GitRef[]): string {
  return `r1:${sumOf(refs.map(({ name, hash }) => [name, hash]))}`;
}

function isVersionTag(name: string): boolean {
  const version = canonical(name);
  return version !== '' && name.startsWith(version) && !isPseudoVersion(name);
}

function sumOf(lines: readonly (readonly [name: string, hash: string])[]): string {
  const text = lines.map(([name, hash]) => `${quote(name)} ${hash}\n`).join('');
  return btoa(String.fromCharCode(...sha256(encodeUtf8(text))));
}
