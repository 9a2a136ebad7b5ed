// Tokens of a page, as Go's XML decoder finds them when it is not strict: that decoder decides which pages name repositories (spec §11.8).
//
// Invariants:
// - The page is bytes: text is decoded where it matters, so that bytes that are not UTF-8 do no harm in comments and directives.
// - What Go takes for an error ends the tokens with that error; what it forgives is forgiven.
// - Names outside of ASCII are taken when they are letters; Go's tables of XML names are a little narrower.

import { decodeUtf8 } from '../../bytes/utf8.ts';

/** What is found in a page; text, comments, directives and processing instructions are passed over. */
export type MarkupToken =
  | {
      readonly kind: 'start';
      readonly name: string;
      readonly attributes: readonly (readonly [name: string, value: string])[];
    }
  | { readonly kind: 'end'; readonly name: string };

/** Why a page cannot be read on. */
export class MarkupError extends Error {}

/** The tokens of a page. Throws {@link MarkupError} at the place from where on nothing can be read. */
export function* markupTokens(page: Uint8Array): Generator<MarkupToken> {
  const scanner = new Scanner(page);
  while (!scanner.atEnd()) {
    if (!scanner.skip('<')) {
      scanner.text(undefined);
      continue;
    }
    if (scanner.skip('/')) yield endTag(scanner);
    else if (scanner.skip('?')) instruction(scanner);
    else if (scanner.skip('!')) declaration(scanner);
    else yield* startTag(scanner);
  }
}

function endTag(scanner: Scanner): MarkupToken {
  const name = scanner.localName('element name after </');
  scanner.space();
  if (scanner.next() !== '>') throw new MarkupError(`invalid characters between </${name} and >`);
  return { kind: 'end', name };
}

function* startTag(scanner: Scanner): Generator<MarkupToken> {
  const name = scanner.localName('element name after <');
  const attributes: [string, string][] = [];
  for (;;) {
    scanner.space();
    const next = scanner.next();
    if (next === '>') {
      yield { kind: 'start', name, attributes };
      return;
    }
    if (next === '/') {
      if (scanner.next() !== '>') throw new MarkupError('expected /> in element');
      yield { kind: 'start', name, attributes };
      yield { kind: 'end', name };
      return;
    }
    scanner.back();
    attributes.push(attribute(scanner));
  }
}

function attribute(scanner: Scanner): [string, string] {
  const name = scanner.localName('attribute name in element');
  scanner.space();
  if (scanner.next() !== '=') {
    scanner.back();
    return [name, name];
  }
  scanner.space();
  const quote = scanner.next();
  if (quote === '"' || quote === "'") return [name, scanner.text(quote)];
  scanner.back();
  return [name, scanner.run(/[\w:-]/)];
}

function instruction(scanner: Scanner): void {
  const target = scanner.name('target name after <?');
  scanner.space();
  const content = scanner.until('?>');
  if (target !== 'xml') return;
  const version = parameter(content, 'version');
  if (version !== '' && version !== '1.0')
    throw new MarkupError(`unsupported version "${version}"; only version 1.0 is supported`);
  const encoding = parameter(content, 'encoding');
  if (!['', 'utf-8', 'ascii'].includes(encoding.toLowerCase()))
    throw new MarkupError(`can't decode XML document using charset "${encoding}"`);
}

/** The value of `name="…"` in a declaration; empty when it is not there. */
function parameter(content: string, name: string): string {
  const found = new RegExp(`(?:^|[\\s'"])${name}=(?:"([^"]*)"|'([^']*)')`).exec(content);
  return found?.[1] ?? found?.[2] ?? '';
}

function declaration(scanner: Scanner): void {
  const first = scanner.next();
  if (first === '-') {
    if (scanner.next() !== '-') throw new MarkupError('invalid sequence <!- not part of <!--');
    scanner.until('--');
    if (scanner.next() !== '>') throw new MarkupError('invalid sequence "--" not allowed in comments');
  } else if (first === '[') {
    for (const letter of 'CDATA[') if (scanner.next() !== letter) throw new MarkupError('invalid <![ sequence');
    scanner.decode(scanner.until(']]>', 'unexpected EOF in CDATA section'));
  } else directive(scanner, first);
}

/** `<!DOCTYPE …>` and its like: nests, has quotes, and comments inside of which neither counts. */
function directive(scanner: Scanner, first: string): void {
  let quote = first === '"' || first === "'" ? first : '';
  let depth = 0;
  for (;;) {
    const next = scanner.next();
    if (quote !== '') {
      if (next === quote) quote = '';
    } else if (next === '"' || next === "'") quote = next;
    else if (next === '>') {
      if (depth === 0) return;
      depth--;
    } else if (next === '<') {
      if (scanner.skip('!--')) scanner.until('-->');
      else depth++;
    }
  }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };

/** A place in a page whose bytes are characters below U+0100. */
class Scanner {
  readonly #page: string;
  #at = 0;

  constructor(page: Uint8Array) {
    const parts: string[] = [];
    for (let i = 0; i < page.length; i += 8192) parts.push(String.fromCharCode(...page.subarray(i, i + 8192)));
    this.#page = parts.join('');
  }

  atEnd(): boolean {
    return this.#at >= this.#page.length;
  }

  next(): string {
    const next = this.#page[this.#at++];
    if (next === undefined) throw new MarkupError('unexpected EOF');
    return next;
  }

  back(): void {
    this.#at--;
  }

  skip(text: string): boolean {
    const found = this.#page.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  space(): void {
    this.run(/[ \r\n\t]/);
  }

  run(set: RegExp): string {
    const from = this.#at;
    while (!this.atEnd() && set.test(this.#page.charAt(this.#at))) this.#at++;
    return this.#page.slice(from, this.#at);
  }

  /** What comes before `end`, which is passed over too. */
  until(end: string, missing = 'unexpected EOF'): string {
    const from = this.#at;
    const at = this.#page.indexOf(end, from);
    if (at === -1) throw new MarkupError(missing);
    this.#at = at + end.length;
    return this.#page.slice(from, at);
  }

  name(expected: string): string {
    const bytes = this.run(/[\w:.\u0080-\u00ff-]/);
    if (bytes === '') throw new MarkupError(this.atEnd() ? 'unexpected EOF' : `expected ${expected}`);
    const name = this.decode(bytes);
    if (!isName(name)) throw new MarkupError(`invalid XML name: ${name}`);
    return name;
  }

  /** A name without its name space. */
  localName(expected: string): string {
    const name = this.name(expected);
    const parts = name.split(':');
    if (parts.length > 2) throw new MarkupError(`expected ${expected}`);
    const [space = '', local = ''] = parts;
    return space === '' || local === '' ? name : local;
  }

  /** Text up to a quote, or up to the next tag without one; entities that are unknown stay as they are. */
  text(quote: string | undefined): string {
    const pieces: string[] = [];
    let from = this.#at;
    const take = (end: number) => {
      const raw = this.#page.slice(from, end);
      if (quote === undefined && raw.includes(']]>')) throw new MarkupError('unescaped ]]> not in CDATA section');
      pieces.push(this.decode(raw));
    };
    const marks = new RegExp(`[<&${quote ?? ''}]`, 'g');
    for (;;) {
      marks.lastIndex = this.#at;
      const mark = marks.exec(this.#page);
      this.#at = mark?.index ?? this.#page.length;
      if (mark?.[0] !== '&') break;
      const end = this.#at;
      const value = this.#entity();
      if (value === undefined) continue;
      take(end);
      pieces.push(value);
      from = this.#at;
    }
    take(this.#at);
    if (quote !== undefined && !this.atEnd() && this.next() !== quote) {
      throw new MarkupError('unescaped < inside quoted string');
    }
    const text = pieces.join('').replace(/\r\n?/g, '\n');
    const bad = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text);
    if (bad !== null) throw new MarkupError('illegal character code');
    return text;
  }

  /** What an entity stands for; undefined where nobody knows. */
  #entity(): string | undefined {
    this.next();
    const number = this.skip('#');
    const hexadecimal = number && this.skip('x');
    const body = this.run(hexadecimal ? /[0-9a-fA-F]/ : number ? /[0-9]/ : /[\w:.\u0080-\u00ff-]/);
    if (this.atEnd()) throw new MarkupError('unexpected EOF');
    if (!this.skip(';')) return undefined;
    if (!number) return Object.hasOwn(entities, body) ? entities[body] : undefined;
    const code = body === '' ? Number.NaN : Number.parseInt(body, hexadecimal ? 16 : 10);
    const surrogate = code >= 0xd800 && code <= 0xdfff;
    return code <= 0x10ffff ? String.fromCodePoint(surrogate ? 0xfffd : code) : undefined;
  }

  decode(bytes: string): string {
    const text = decodeUtf8(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
    if (text === undefined) throw new MarkupError('invalid UTF-8');
    return text;
  }
}

function isName(name: string): boolean {
  return /^[\p{L}_:][\p{L}\p{M}\p{N}_:.\u00b7-]*$/u.test(name);
}
