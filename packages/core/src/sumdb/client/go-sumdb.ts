// Which checksum database, and for which modules: GOSUMDB, GONOSUMDB, GOPRIVATE (spec §10.29, §10.30, §12.14).
//
// Invariants:
// - A database is known by its verifier key; a bare name works only where the key is built in, as in Go.
// - A name is `host[/path]`, without anything that a URL would read as more.

import { GoModKitError } from '../../errors/error.ts';
import { fields } from '../../gotext/spaces.ts';
import { prefixPatterns } from '../../module/patterns.ts';
import { newVerifier } from '../note/verifier.ts';

/** A checksum database as GOSUMDB names it. */
export interface GoSumdb {
  /** `host[/path]`, which is also its URL below `https://`. */
  readonly name: string;
  /** `NAME+HASH+KEY`. */
  readonly key: string;
  /** Where to reach it, past all proxies; undefined: through the proxies that serve it, else at its name. */
  readonly url?: string | undefined;
}

/** Databases whose keys Go knows. */
const knownKeys: Readonly<Record<string, string>> = {
  'sum.golang.org': 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
};

/** GOSUMDB where nobody set it. */
export const defaultGoSumdb: string = 'sum.golang.org';

const shorthands: Readonly<Record<string, string>> = {
  'sum.golang.google.cn': 'sum.golang.org https://sum.golang.google.cn',
};

const databaseName = /^[a-zA-Z0-9][\w.~:-]*(?:\/[\w~:-][\w.~:-]*)*$/;

/**
 * Parses GOSUMDB: `off` (undefined), a known name, `NAME+HASH+KEY`, or one of these and a URL.
 *
 * Throws `invalid_argument` for anything else.
 *
 * @example
 * ```ts
 * import { parseGoSumdb } from '@gomodkit/core/sumdb';
 *
 * parseGoSumdb('sum.golang.google.cn')?.url; // 'https://sum.golang.google.cn'
 * parseGoSumdb('off'); // undefined
 * ```
 */
export function parseGoSumdb(text: string): GoSumdb | undefined {
  if (text === 'off') return undefined;
  const [first, url, ...more] = fields(Object.hasOwn(shorthands, text) ? (shorthands[text] ?? '') : text);
  if (first === undefined) throw refused('it is empty; "off" turns the checksum database off');
  if (more.length > 0) throw refused('too many fields; want a name or key, and at most a URL');
  const key = verifierKeyOf(first);
  const { name } = newVerifier(key);
  checkDatabaseName(name);
  if (url !== undefined) checkUrl(url);
  return { name, key, url };
}

/** The verifier key that `nameOrKey` stands for: itself, unless it is a name whose key is built in. */
export function verifierKeyOf(nameOrKey: string): string {
  return Object.hasOwn(knownKeys, nameOrKey) ? (knownKeys[nameOrKey] ?? nameOrKey) : nameOrKey;
}

/** Throws `invalid_argument` unless `name` is `host[/path]`. */
export function checkDatabaseName(name: string): void {
  if (name.length <= 255 && databaseName.test(name)) return;
  throw refused(`database name ${JSON.stringify(name)} must be host[/path]`);
}

function checkUrl(url: string): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (!['https:', 'http:', 'file:'].includes(protocol)) throw refused('its URL is no https, http or file URL');
}

/** What an environment says about checksums. */
export interface GoSumdbSettings {
  /** Undefined when GOSUMDB=off. */
  readonly database: GoSumdb | undefined;
  /** GONOSUMDB, or where that is not set, GOPRIVATE. */
  readonly noSumdb: string;
}

/** Reads GOSUMDB, GONOSUMDB and GOPRIVATE. An empty variable counts as not set. Throws `invalid_argument`. */
export function goSumdbFromEnv(env: Readonly<Record<string, string | undefined>>): GoSumdbSettings {
  const database = parseGoSumdb(env.GOSUMDB || defaultGoSumdb);
  return { database, noSumdb: env.GONOSUMDB || env.GOPRIVATE || '' };
}

/**
 * Which module paths are kept from the checksum database by a GONOSUMDB list. Toolchains never are: what nobody lists in go.sum is
 * verified or refused (spec §10.30).
 */
export function skippedPaths(noSumdb: string): (path: string) => boolean {
  const matches = prefixPatterns(noSumdb);
  return (path) => path !== 'golang.org/toolchain' && matches(path);
}

function refused(why: string): GoModKitError {
  return new GoModKitError('invalid_argument', `GOSUMDB: ${why}`);
}
