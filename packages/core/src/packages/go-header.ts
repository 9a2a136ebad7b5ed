// Where the header of a Go file ends: the package clause and the imports, and all comments before and between them.
//
// Invariants:
// - What counts as header is what the go command reads before it parses: semicolons are spaces, names are not looked at, and whatever
//   is no import ends it.
// - A file that goes wrong before that is header from end to end: the parser has to say what is wrong with it, if it minds at all.

/** A byte order mark: allowed at the very beginning. */
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** What was found at the beginning of a file. */
export type HeaderEnd =
  /** The header is bytes `start` to `end`. */
  | { readonly start: number; readonly end: number }
  /** There is a zero byte: the go command reads no such file. */
  | 'unreadable'
  /** The bytes given end before the header does. */
  | 'more';

/** Finds the header. `isWhole` says that `bytes` are all there are. */
export function findHeader(bytes: Uint8Array, isWhole: boolean): HeaderEnd {
  if (!isWhole && bytes.length < byteOrderMark.length) return 'more';
  const start = byteOrderMark.every((byte, i) => bytes[i] === byte) ? byteOrderMark.length : 0;
  const reader = new HeaderReader(bytes, start);
  reader.header();
  if (reader.stop === 'zero') return 'unreadable';
  if (reader.stop === 'end') return isWhole ? { start, end: bytes.length } : 'more';
  if (reader.stop !== 'syntax') return { start, end: reader.at };
  if (!isWhole) return 'more';
  return bytes.subarray(reader.at).includes(0) ? 'unreadable' : { start, end: bytes.length };
}

const code = (char: string): number => char.charCodeAt(0);
const [slash, star, newline, quote, backquote, backslash] = ['/', '*', '\n', '"', '`', '\\'].map(code) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const spaces: ReadonlySet<number> = new Set([...' \f\t\r\n;'].map(code));

/** Goes through bytes until something stops it; then every method does nothing. */
class HeaderReader {
  readonly #bytes: Uint8Array;
  at: number;
  stop: 'zero' | 'end' | 'syntax' | undefined;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  header(): void {
    this.#keyword('package');
    this.#name();
    while (this.#next() === code('i')) {
      this.#keyword('import');
      if (this.#next() === code('(')) {
        this.at++;
        while (this.#next() !== code(')') && this.stop === undefined) this.#import();
        this.at++;
      } else {
        this.#import();
      }
    }
  }

  /** The byte here. What is behind the last one stops. */
  #peek(): number {
    if (this.stop !== undefined) return -1;
    const byte = this.#bytes[this.at];
    if (byte === undefined) this.stop = 'end';
    else if (byte === 0) this.stop = 'zero';
    else return byte;
    return -1;
  }

  /** The next byte that is neither space nor comment. */
  #next(): number {
    for (;;) {
      const byte = this.#peek();
      if (byte === slash) this.#comment();
      else if (!spaces.has(byte)) return byte;
      else this.at++;
    }
  }

  #comment(): void {
    this.at++;
    const kind = this.#peek();
    if (kind !== slash && kind !== star) {
      this.#fail();
      return;
    }
    this.at++;
    for (let last = 0, byte = this.#peek(); byte !== -1; byte = this.#peek()) {
      this.at++;
      if (kind === slash ? byte === newline : byte === slash && last === star) return;
      last = byte;
    }
  }

  #keyword(word: string): void {
    this.#next();
    for (const char of word) {
      if (this.#peek() !== code(char)) {
        this.#fail();
        return;
      }
      this.at++;
    }
    if (isNameByte(this.#peek())) this.#fail();
  }

  #name(): void {
    if (!isNameByte(this.#next())) {
      this.#fail();
      return;
    }
    while (isNameByte(this.#peek())) this.at++;
  }

  #import(): void {
    const byte = this.#next();
    if (byte === code('.')) this.at++;
    else if (isNameByte(byte)) this.#name();
    this.#string();
  }

  #string(): void {
    const open = this.#next();
    if (open !== quote && open !== backquote) {
      this.#fail();
      return;
    }
    this.at++;
    for (let byte = this.#peek(); byte !== -1; byte = this.#peek()) {
      this.at++;
      if (byte === open) return;
      if (open === backquote) continue;
      if (byte === newline) {
        this.#fail();
        return;
      }
      if (byte === backslash && this.#peek() !== -1) this.at++;
    }
  }

  #fail(): void {
    this.stop ??= 'syntax';
  }
}

/** Every byte beyond ASCII may be part of a name. */
function isNameByte(byte: number): boolean {
  return byte >= 0x80 || /[A-Za-z0-9_]/.test(String.fromCharCode(Math.max(byte, 0)));
}
