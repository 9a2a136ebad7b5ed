// Random attributes, paths and blobs, judged by `git archive`.

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { archiveRepository, type CommittedFile, GitCrashed } from '../../../../test/git-archive.ts';
import { byteString } from './byte-string.ts';
import { checkoutRules } from './checkout.ts';
import { convert } from './conversion.ts';

/** Changed for a fresh one now and then: a commit in a repository of thousands of packs takes long. */
let repository = archiveRepository();
afterAll(() => repository.remove());

const numRuns = process.env.GOMODKIT_TEST_SCALE === 'full' ? 1000 : 40;
const utf8 = (text: string) => Buffer.from(text);
const inBytes = (text: string) => byteString(utf8(text));

const pieces = (...each: string[]) => fc.constantFrom(...each);
const joined = (piece: fc.Arbitrary<string>, max: number) =>
  fc.array(piece, { minLength: 1, maxLength: max, size: 'max' }).map((all) => all.join(''));

/** Mostly few and short, so that patterns meet them. */
const name = fc.oneof(
  { weight: 6, arbitrary: pieces('a', 'b', 'ab', 'a.txt', 'b.txt') },
  { weight: 2, arbitrary: pieces('a b', 'é', '[a]', 'a]', 'a-b', '-', '!a', '*', 'a\\b', '^', 'aab', 'abab') },
);
const word = pieces(...'a b ab * ** ? [ab] [!a] [^b] [a-c] a* *b *.txt a?b* **a a** [[:alpha:]] é \\a'.split(' '));
const likely = fc
  .tuple(pieces('', '', '/'), fc.array(word, { minLength: 1, maxLength: 4, size: 'max' }), pieces('', '', '', '/'))
  .map(([start, words, end]) => start + words.join('/') + end);
const odd = joined(
  pieces(
    ...'a b ab * * ** **/ / ? [ab] []a] [!]] [[:foo:]] [[:a] [[:alpha:]-b] [[:] [ ] [a- [\\]] [--b] [a\\-c] [b-a] \\ \\* \\/ .txt ! é -'.split(
      ' ',
    ),
  ),
  5,
);
const quoted = joined(
  pieces('a', 'b', ' ', '*', '\\"', '\\141', '\\303\\251', '\\t', '\\x', '\\477', '/', '\\\\', '\\000'),
  4,
).map((text) => `"${text}"`);
const pattern = fc.oneof(
  { weight: 5, arbitrary: likely },
  { weight: 4, arbitrary: odd },
  { weight: 1, arbitrary: quoted },
  { weight: 2, arbitrary: name },
  { weight: 4, arbitrary: fc.constant('*') },
);

/** Attributes whose effect shows at once. */
const visible = pieces('eol=crlf', 'ident', 'text eol=crlf', '-text', '!eol', '-ident', 'm');
const any = pieces(
  ...'text -text !text text=auto text=input text=x eol=crlf eol=lf -eol !eol eol eol=CRLF'.split(' '),
  ...'crlf -crlf crlf=auto crlf=input crlf=x ident -ident !ident ident=x binary -binary !binary binary=x'.split(' '),
  ...'m -m m=x n !n working-tree-encoding=UTF-8 working-tree-encoding=utf8 working-tree-encoding='.split(' '),
  ...'!working-tree-encoding filter=lfs export-ignore export-subst -x=y'.split(' '),
);
const anyOf = fc
  .tuple(
    fc.array(any, { minLength: 1, maxLength: 5, size: 'max' }),
    fc.oneof({ weight: 9, arbitrary: fc.constant('') }, pieces('bad!', '=x', '--text', '-', 'é')),
  )
  .map(([each, bad]) => `${each.join(' ')} ${bad}`);
const attributes = fc.oneof(visible, anyOf);

const line = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(pattern, pieces(' ', ' ', ' ', '\t', ' \t '), attributes).map((all) => all.join('')),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        pieces('[attr]m ', '[attr]n ', '[attr]binary ', '[attr]export-ignore ', '[attr] m ', '"[attr]n" ', '[attr]'),
        attributes,
      )
      .map((all) => all.join('')),
  },
  {
    weight: 1,
    arbitrary: pieces(
      '',
      '# * eol=crlf',
      '\u00a0* eol=crlf',
      '"a" eol=crlf',
      '"* eol=crlf',
      '"a"ident',
      '*',
      '\ufeff* ident',
      `* ident${' '.repeat(2040)}`,
      `* ident${' '.repeat(2041)}`,
      '* ident \0',
      '!a ident',
      '  \t* ident',
      '* ident \v',
      '* ident \f',
    ),
  },
);
const attributeFile = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 5, size: 'max' }), pieces('\n', '\n', '\r\n'), fc.boolean())
  .map(([lines, end, closed]) => lines.join(end) + (closed ? end : ''));
const blob = fc.oneof(
  fc.constant('$Id$\nx\n'),
  fc.constant('a\nb\n'),
  joined(
    pieces(
      '\n',
      '\n',
      'text',
      '$Id$',
      '$Id: x $',
      '$Id: x y $',
      '$Id:x$',
      '$Id:',
      '$Id: $',
      '$Id:  $',
      '$',
      '$Id',
      ' ',
      'é',
      '\x1a',
      '\x7f',
      'x'.repeat(128),
    ),
    6,
  ),
  joined(pieces('\n', '\r\n', '\r', '\0', 'text', '\x01', '\b\t\f\x1b', '\x1a', 'x'.repeat(64), '$Id$'), 6),
);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));

/** One directory with attributes of its own, in one of its directories perhaps more. */
const example = fc.record({
  own: fc.option(attributeFile),
  inner: fc.option(attributeFile),
  files: fc.uniqueArray(fc.record({ path, blob }), {
    minLength: 1,
    maxLength: 10,
    size: 'max',
    selector: (file) => file.path,
  }),
});
type Example = typeof example extends fc.Arbitrary<infer T> ? T : never;

function filesOf(root: string | null, examples: readonly Example[]): CommittedFile[] {
  const files = new Map<string, string>();
  const add = (at: string, text: string | null) => {
    if (
      text === null ||
      files.has(at) ||
      [...files.keys()].some((k) => k.startsWith(`${at}/`) || at.startsWith(`${k}/`))
    )
      return;
    files.set(at, text);
  };
  examples.forEach(({ own, inner, files: all }, number) => {
    const base = `${number % 3 === 0 ? 'a' : 'x'}/${number}`;
    const below = new Map<string, string>();
    for (const file of all) {
      const clash = [...below.keys()].some((k) => k.startsWith(`${file.path}/`) || file.path.startsWith(`${k}/`));
      if (!clash) below.set(file.path, file.blob);
    }
    for (const [at, text] of below) files.set(`${base}/${at}`, text);
    if (own !== null) files.set(`${base}/.gitattributes`, own);
    const nested = [...below.keys()].find((at) => at.includes('/'));
    if (inner !== null && nested !== undefined) files.set(`${base}/${nested.split('/')[0]}/.gitattributes`, inner);
  });
  add('.gitattributes', root);
  return [...files].map(([at, text]) => ({ path: at, bytes: utf8(text) }));
}

describe('checkout conversion', () => {
  it('gives the bytes that git archive gives', { timeout: 600_000 }, async () => {
    let changed = 0;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.option(attributeFile),
        fc.array(example, { minLength: 1, maxLength: 40, size: 'max' }),
        async (root, examples) => {
          if (++run % 50 === 0) {
            repository.remove();
            repository = archiveRepository();
          }
          const files = filesOf(root, examples);
          const commit = repository.commit(files);
          const archived = await judgement(commit);
          const hashes = hashesOf(commit);
          const rules = checkoutRules(
            new Map(
              files
                .filter((file) => /(^|\/)\.gitattributes$/.test(file.path))
                .map((file) => [inBytes(file.path).slice(0, -14), file.bytes]),
            ),
          );
          expect(archived.size).toBe(files.length);
          for (const file of files) {
            const conversion = rules.conversion(inBytes(file.path));
            const bytes =
              conversion === undefined
                ? file.bytes
                : convert(conversion, file.bytes, hashes.get(file.path) ?? '', file.path);
            expect({ path: file.path, bytes: byteString(bytes) }).toEqual({
              path: file.path,
              bytes: byteString(archived.get(file.path) ?? new Uint8Array([0])),
            });
            if (bytes !== file.bytes) changed++;
          }
        },
      ),
      { numRuns },
    );
    expect(changed).toBeGreaterThan(numRuns * 5);
  });
});

/** What git makes of the commit; an example over which git crashes has no judge, and another one is drawn. */
async function judgement(commit: string): Promise<ReadonlyMap<string, Uint8Array>> {
  try {
    return await repository.archive(commit);
  } catch (error) {
    fc.pre(!(error instanceof GitCrashed));
    throw error;
  }
}

function hashesOf(commit: string): Map<string, string> {
  const listed = repository.git(['ls-tree', '-r', '-z', commit]).toString().split('\0').filter(Boolean);
  return new Map(listed.map((entry) => [entry.slice(entry.indexOf('\t') + 1), entry.split(/[ \t]/)[2] ?? '']));
}
