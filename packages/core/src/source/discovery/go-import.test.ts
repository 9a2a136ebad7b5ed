import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGoModKitError } from '../../errors/error.ts';
import { parseGoImports } from './go-import.ts';

const tag = (prefix: string) => `<meta name="go-import" content="${prefix} git https://git.example/${prefix}">`;
const prefixes = (html: string | Uint8Array) =>
  parseGoImports(typeof html === 'string' ? new TextEncoder().encode(html) : html).map(({ prefix }) => prefix);

describe('parseGoImports', () => {
  it.each([
    ['stops at <body>', `${tag('a')}<body>${tag('b')}`, ['a']],
    ['stops at </head>', `<head>${tag('a')}</head>${tag('b')}`, ['a']],
    ['goes on behind <head>', `<html><head><title>x</title>${tag('a')}`, ['a']],
    ['passes over comments and CDATA', `<!-- ${tag('x')} --><![CDATA[${tag('y')}]]>${tag('a')}`, ['a']],
    ['passes over nested directives', `<!DOCTYPE html [ <!ENTITY x "<y>"> <!-- " --> ]>${tag('a')}`, ['a']],
    ['passes over instructions', `<?php echo "<meta>" ?>${tag('a')}`, ['a']],
    ['takes single quotes', `<meta name='go-import' content='a git https://x.example'>`, ['a']],
    ['takes self-closing tags', `<meta name="go-import" content="a git https://x.example"/>${tag('b')}`, ['a', 'b']],
    ['takes names with a name space', `<x:meta y:name="go-import" content="a git https://x.example">`, ['a']],
    ['ignores other counts of fields', `<meta name="go-import" content="a git">${tag('b')}`, ['b']],
    ['ignores tags behind what cannot be read', `${tag('a')}<1>${tag('b')}`, ['a']],
    ['takes valueless attributes', `<meta async name="go-import" content="a git https://x.example">`, ['a']],
    [
      'ignores numbers that are no characters',
      `<meta name="go-import" content="a&#x110000; git https://x.example">`,
      ['a&#x110000;'],
    ],
  ])('%s', (_, html, expected) => {
    expect(prefixes(html)).toEqual(expected);
  });

  it.each([
    ['script text with a <', '<script>if (a < b) {}</script>', 'expected element name after <'],
    ['a quote that is not closed', '<meta name="go-import', 'unescaped <'],
    ['an unescaped <', '<meta name="a<b">', 'unescaped < inside quoted string'],
    ['a control character', '<title>\u0001</title>', 'illegal character code'],
    ['bytes that are not UTF-8', Uint8Array.of(0x61, 0xff), 'invalid UTF-8'],
    ['another version of XML', '<?xml version="1.1"?>', 'unsupported version "1.1"'],
    ['an end of CDATA outside of it', 'a ]]> b', 'unescaped ]]>'],
  ])('%s before the first tag is fatal', (_, html, message) => {
    const late = typeof html === 'string' ? html + tag('a') : html;
    expect(() => prefixes(late)).toThrow(message);
  });

  it('does not mind bytes that are not UTF-8 in comments', () => {
    const page = new Uint8Array([
      ...new TextEncoder().encode('<!-- '),
      0xff,
      ...new TextEncoder().encode(` -->${tag('a')}`),
    ]);
    expect(prefixes(page)).toEqual(['a']);
  });

  it('answers or refuses, whatever the page', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '</',
      '<!',
      '<!--',
      '-->',
      '<?',
      '?>',
      '"',
      "'",
      '=',
      '&',
      ';',
      'meta',
      ' name',
      'go-import',
      ']]>',
      '<![CDATA[',
      tag('a'),
      'é',
      '\r\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (parts) => {
        try {
          for (const prefix of prefixes(parts.join(''))) expect(prefix).not.toBe('');
        } catch (error) {
          expect(isGoModKitError(error, 'upstream_invalid')).toBe(true);
        }
      }),
    );
  });
});

describe('a page of a stranger', () => {
  // As large as a page that is looked at may be: what grows faster than its page would not end here.
  it.each([
    ['text', 'x'],
    ['line ends', '\r'],
    ['brackets', ']'],
    ['ampersands', '&'],
    ['entities', '&amp;'],
  ])('is read to its end when it is all %s', (_, piece) => {
    expect(prefixes(piece.repeat((1024 * 1024) / piece.length) + tag('a'))).toEqual(['a']);
  });
});
