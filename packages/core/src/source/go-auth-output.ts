// What programs of GOAUTH print, and running them (spec §10.20).
//
// Invariants:
// - Output that is not exactly of its format is refused whole; messages never quote it.
// - Words are split as the go command splits them: quotes around a word count, nothing inside is unescaped.

import { runCommand } from '#command';
import { decodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { trimSpace } from '../gotext/spaces.ts';
import type { CallOptions } from '../storage/storage.ts';
import { basic, type CredentialHeaders, prefixKey } from './credentials.ts';

/** A program to run. */
export interface AuthProgram {
  readonly words: readonly string[];
  readonly directory?: string | undefined;
  readonly input?: string | undefined;
}

/** Runs a program and resolves to what it printed. */
export type AuthRunner = (program: AuthProgram, options: CallOptions) => Promise<string>;

/** Runs a program for at most a minute. */
export const runProgram: AuthRunner = async ({ words, directory, input }, { signal }) => {
  const bytes = await runCommand(words, { directory, input, signal, limit: 1024 * 1024, milliseconds: 60_000 });
  return decodeUtf8(bytes) ?? '';
};

/** Headers with a user and a password. */
export function basicHeaders(username: string, password: string): CredentialHeaders {
  return { Authorization: basic(username, password) };
}

/**
 * What a command prints: URL prefixes, an empty line, header lines, an empty line, and so on. Where a prefix is named twice, the
 * later headers count. Throws `upstream_invalid` for anything else.
 */
export function parseCommandOutput(output: string): ReadonlyMap<string, CredentialHeaders> {
  const found = new Map<string, CredentialHeaders>();
  if (output === '') return found;
  if (!output.endsWith('\n')) throw malformed('its last line does not end');
  const lines = output.slice(0, -1).split('\n');
  for (let at = 0; at < lines.length; ) {
    const urls = block(lines, at, 'URLs');
    const headers = block(lines, at + urls.length + 1, 'headers');
    at += urls.length + headers.length + 2;
    const parsed = parseHeaders(headers);
    for (const url of urls) found.set(prefixKey(checkUrl(url)), parsed);
  }
  return found;
}

/** The lines up to the next empty one. */
function block(lines: readonly string[], from: number, what: string): readonly string[] {
  const end = lines.indexOf('', from);
  if (end === -1) throw malformed(`missing empty line after ${what}`);
  return lines.slice(from, end);
}

function checkUrl(line: string): string {
  const isUri =
    /^(\/|[a-z][a-z0-9+.-]*:\/\/)/i.test(line) && ![...line].some((char) => char <= ' ' || char === '\u007f');
  if (!isUri) throw malformed('a line is no URL');
  return line;
}

function parseHeaders(lines: readonly string[]): CredentialHeaders {
  const headers: Record<string, string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(': ');
    const name = line.slice(0, colon);
    const value = trimSpace(line.slice(colon + 2));
    if (colon < 1 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\r\n\u0020-\u007e\u0080-\uffff]/.test(value)) {
      throw malformed('invalid header line');
    }
    headers[name] = [...(headers[name] ?? []), value];
  }
  return headers;
}

/** What `git credential fill` printed; parts that are missing are empty. */
export function parseGitCredential(output: string): {
  readonly prefix: string;
  readonly username: string;
  readonly password: string;
} {
  const values = new Map<string, string>();
  for (const line of output.split('\n').map(trimSpace)) {
    const equals = line.indexOf('=');
    if (equals === -1) continue;
    const key = line.slice(0, equals);
    const value = line.slice(equals + 1);
    if (key !== 'url') values.set(key, value);
    else if (URL.canParse(value)) {
      const { protocol, host, pathname } = new URL(value);
      values
        .set('protocol', protocol.slice(0, -1))
        .set('host', host)
        .set('path', pathname === '/' ? '' : pathname);
    }
  }
  const value = (key: string) => values.get(key) ?? '';
  const path = value('path') === '' ? '' : `/${value('path').replace(/^\//, '')}`;
  const prefix =
    value('protocol') === '' || value('host') === '' ? '' : `${value('protocol')}://${value('host')}${path}`;
  return { prefix, username: value('username'), password: value('password') };
}

/** The words of a command line. Throws `invalid_argument` for a quote that is not closed. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let rest = line.replace(/^[ \t\r\n]+/, '');
  while (rest !== '') {
    const quoted = rest[0] === '"' || rest[0] === "'";
    const end = quoted ? rest.indexOf(rest.charAt(0), 1) : rest.search(/[ \t\r\n]|$/);
    if (end === -1) throw new GoModKitError('invalid_argument', `GOAUTH: unterminated ${rest[0]} string`);
    words.push(rest.slice(quoted ? 1 : 0, end));
    rest = rest.slice(quoted ? end + 1 : end).replace(/^[ \t\r\n]+/, '');
  }
  return words;
}

function malformed(why: string): GoModKitError {
  return new GoModKitError('upstream_invalid', `the output of the GOAUTH command is not of its format: ${why}`);
}
