// Who may publish to `gomodkit serve`: a file of hashed tokens.
//
// Invariants:
// - The file holds no token, only SHA-256 of each, so that reading it lets nobody publish; tokens are long random texts, for which that is enough.
// - Nobody but its owner can read or change it (POSIX modes): who can write it can add a token.
// - It is read for every upload: a line that was removed ends at once. A file that cannot be read or understood lets nobody in.
// - Tokens are compared as hashes and without a hint of how much of one was right.

import { createHash, timingSafeEqual } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type AuthorizeUpload, GoModKitError, module } from '@gomodkit/core';
import { notReadable } from '../read-argument.ts';

interface UploadToken {
  readonly hash: Buffer;
  readonly mayPublish: (path: string) => boolean;
}

/** What begins the credentials of HTTP's two common schemes. */
const bearer = /^bearer +(\S+)$/i;
const basic = /^basic +([A-Za-z0-9+/]+=*)$/i;

/** The hook for uploads. Rejects with `invalid_argument` when the file does not do. */
export async function uploadTokens(file: string): Promise<AuthorizeUpload> {
  await readTokens(file);
  return async ({ headers }, { path }) => {
    const token = tokenOf(headers.get('authorization'));
    const known = token === undefined ? undefined : find(await readTokens(file), token);
    if (known === undefined) return { allow: false, status: 401, challenge: 'Basic realm="Go module uploads"' };
    return known.mayPublish(path) ? { allow: true } : { allow: false, status: 403 };
  };
}

async function readTokens(file: string): Promise<readonly UploadToken[]> {
  const handle = await open(file).catch((cause: NodeJS.ErrnoException) => {
    throw notReadable(file, cause);
  });
  try {
    const { mode } = await handle.stat();
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw wrong(file, `is open to others: chmod 600 ${file}`);
    }
    const lines = (await handle.readFile('utf8')).split('\n').map((line) => line.replace(/#.*/, '').trim());
    return lines.flatMap((line, i) => (line === '' ? [] : [parseLine(line, file, i + 1)]));
  } finally {
    await handle.close();
  }
}

function parseLine(line: string, file: string, number: number): UploadToken {
  const [hash = '', patterns = '', ...rest] = line.split(/\s+/);
  const digits = /^sha256:([0-9a-f]{64})$/i.exec(hash)?.[1];
  if (digits === undefined || patterns === '' || rest.length > 0) {
    throw wrong(file, `, line ${number}: want "sha256:HEX PATTERNS", such as sha256:9f86… corp.example.com/*`);
  }
  return { hash: Buffer.from(digits, 'hex'), mayPublish: module.prefixPatterns(patterns) };
}

/** The token of `Bearer TOKEN`, or the password of Basic, which is what netrc files make. */
function tokenOf(header: string | null): string | undefined {
  const token = bearer.exec(header ?? '')?.[1];
  if (token !== undefined) return token;
  const pair = basic.exec(header ?? '')?.[1];
  if (pair === undefined) return undefined;
  const text = Buffer.from(pair, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

function find(tokens: readonly UploadToken[], token: string): UploadToken | undefined {
  const hash = createHash('sha256').update(token).digest();
  // All of them, so that the time says nothing about which line it is.
  const found = tokens.filter((each) => timingSafeEqual(each.hash, hash));
  return found[0] && { hash, mayPublish: (path) => found.some((each) => each.mayPublish(path)) };
}

function wrong(file: string, problem: string, cause?: unknown): GoModKitError {
  const message = `the file of upload tokens ${file}${problem.startsWith(',') ? '' : ' '}${problem}`;
  return new GoModKitError('invalid_argument', message, { cause });
}
