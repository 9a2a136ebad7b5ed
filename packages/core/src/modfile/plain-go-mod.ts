// A quick way through go.mod files that are written as nearly all are: words, blocks and comments on lines of their own.
//
// Module graphs read hundreds of go.mod files of dependencies, and of most of their text nothing is kept. So this makes no tokens and no tree.
//
// Invariants:
// - What is read here is what `parseLax` reads. Whatever could be read in another way than as plain words is left to it: quotes, brackets,
//   characters beyond ASCII outside comments, versions that are not canonical, and everything that is an error.
// - So are directives whose comments matter: `retract`, `ignore`, and a deprecated `module`.

import type { ModuleVersion } from '../module/index.ts';
import { pathMajorProblem, splitPathVersion } from '../module/path-major.ts';
import { isCanonicalVersion } from '../module/version.ts';
import { isGoVersion } from './go-version.ts';

/** What a plain go.mod says. */
export interface PlainGoMod {
  /** Empty where there is no `module` line. */
  readonly path: string;
  /** Empty where there is no `go` line. */
  readonly goVersion: string;
  readonly require: readonly ModuleVersion[];
}

/** Larger files are not worth a second way, and `parseLax` knows their limits. */
const maxCharacters = 1 << 20;

/** Thrown, as a value, where a file is not plain. */
const notPlain = Symbol('not plain');

/** Reads a file that is plain; undefined for one that is not, or has an error. */
export function readPlain(text: string): PlainGoMod | undefined {
  if (text.length > maxCharacters || text.includes('Deprecated:')) return undefined;
  try {
    return new Reader(text).file();
  } catch (reason) {
    if (reason === notPlain) return undefined;
    throw reason;
  }
}

const newline = 0x0a;
const space = 0x20;
const slash = 0x2f;

const blank = 1;
const word = 2;

/** What ASCII characters are outside comments; 0 for those that no plain file has. */
const classes: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code === space || code === 0x09 || code === 0x0d) return blank;
  return code > space && code < 0x7f && !`"'\`()[]{},`.includes(String.fromCharCode(code)) ? word : 0;
});

class Reader {
  readonly #text: string;
  #at = 0;
  #path: string | undefined;
  #goVersion = '';
  readonly #require: ModuleVersion[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  file(): PlainGoMod {
    while (this.#at < this.#text.length) this.#statement();
    return { path: this.#path ?? '', goVersion: this.#goVersion, require: this.#require };
  }

  #statement(): void {
    const verb = this.#word();
    if (verb !== '' && this.#takes('(')) {
      this.#endLine();
      this.#block(verb);
    } else if (verb === 'require') this.#requirement(this.#word());
    else {
      if (verb === 'module' && this.#path === undefined) this.#path = this.#someWord();
      else if (verb === 'go' && this.#goVersion === '') this.#goVersion = checkedGoVersion(this.#someWord());
      else if (verb !== '') this.#skip(verb);
      this.#endLine();
    }
  }

  #block(verb: string): void {
    if (verb === 'module') throw notPlain;
    while (this.#at < this.#text.length) {
      const first = this.#word();
      if (verb === 'require' && first !== '') this.#requirement(first);
      else {
        const closes = first === '' && this.#takes(')');
        if (first !== '') this.#skip(verb);
        this.#endLine();
        if (closes) return;
      }
    }
    throw notPlain;
  }

  #requirement(path: string): void {
    const version = this.#someWord();
    this.#endLine();
    const pathMajor = splitPathVersion(path)?.pathMajor;
    if (pathMajor === undefined || !isCanonicalVersion(version)) throw notPlain;
    if (pathMajorProblem(version, pathMajor) !== undefined) throw notPlain;
    this.#require.push({ path, version });
  }

  /** The rest of a line that says nothing to others. */
  #skip(verb: string): void {
    if (verb === 'retract' || verb === 'ignore' || verb === 'module' || verb === 'go') throw notPlain;
    while (this.#word() !== '');
  }

  /** The next word of the line; empty where there is none. */
  #word(): string {
    const text = this.#text;
    let at = this.#at;
    while (classes[text.charCodeAt(at)] === blank) at++;
    const start = at;
    for (let code = text.charCodeAt(at); classes[code] === word; code = text.charCodeAt(++at)) {
      if (code !== slash) continue;
      const next = text.charCodeAt(at + 1);
      if (next === slash) break;
      if (next === 0x2a) throw notPlain;
    }
    this.#at = at;
    return text.slice(start, at);
  }

  #someWord(): string {
    return this.#word() || notAWord();
  }

  /** Takes a parenthesis, if it is the next character behind blanks, which have been skipped. */
  #takes(parenthesis: '(' | ')'): boolean {
    const text = this.#text;
    while (classes[text.charCodeAt(this.#at)] === blank) this.#at++;
    if (text[this.#at] !== parenthesis) return false;
    this.#at++;
    return true;
  }

  /** Blanks, a comment and the newline. */
  #endLine(): void {
    const text = this.#text;
    while (classes[text.charCodeAt(this.#at)] === blank) this.#at++;
    const code = text.charCodeAt(this.#at);
    if (code === newline) {
      this.#at++;
      return;
    }
    if (code === slash && text.charCodeAt(this.#at + 1) === slash) {
      const end = text.indexOf('\n', this.#at);
      this.#at = end < 0 ? text.length : end + 1;
    } else if (this.#at < text.length) throw notPlain;
  }
}

function notAWord(): never {
  throw notPlain;
}

function checkedGoVersion(version: string): string {
  if (isGoVersion(version)) return version;
  throw notPlain;
}
