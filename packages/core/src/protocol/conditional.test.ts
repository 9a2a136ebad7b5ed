import { describe, expect, it } from 'vitest';
import { allowsRange, isNotModified, isOther, quoteEtag } from './conditional.ts';

const lastModified = 'Sat, 03 Feb 2024 04:05:06 GMT';
const validators = { etag: '"abc"', lastModified };
const headers = (values: Record<string, string>) => ({ get: (name: string) => values[name] ?? null });

describe('isNotModified', () => {
  it.each([
    ['"abc"', true],
    ['W/"abc"', true],
    ['*', true],
    [' * ', true],
    ['"x", "abc"', true],
    ['"x",W/"abc" , "y"', true],
    [', ,"abc"', true],
    ['"a,b","abc"', true],
    ['"x"', false],
    ['abc', false],
    ['"abc', false],
    ['"ab"', false],
    ['"x" "abc"', false],
    ['', false],
    ['"abcd"', false],
  ])('If-None-Match: %s', (value, result) => {
    expect(isNotModified(headers({ 'if-none-match': value }), validators)).toBe(result);
  });

  it.each([
    [lastModified, true],
    ['Sat, 03 Feb 2024 04:05:07 GMT', true],
    ['Saturday, 03-Feb-24 04:05:06 GMT', true],
    ['Sat, 03 Feb 2024 04:05:05 GMT', false],
    ['Sat Feb  3 04:05:06 2024', true],
    ['Sat Feb  3 04:05:05 2024', false],
    ['Sat, 03 Feb 2024 99:05:06 GMT', false],
    ['9999', false],
    ['2099-01-01T00:00:00Z', false],
    ['yesterday', false],
    ['', false],
  ])('If-Modified-Since: %s', (value, result) => {
    expect(isNotModified(headers({ 'if-modified-since': value }), validators)).toBe(result);
  });

  it('prefers If-None-Match', () => {
    const both = headers({ 'if-none-match': '"x"', 'if-modified-since': lastModified });
    expect(isNotModified(both, validators)).toBe(false);
  });

  it('matches nothing but * where there are no validators', () => {
    const none = { etag: undefined, lastModified: undefined };
    expect(isNotModified(headers({ 'if-none-match': '"abc"' }), none)).toBe(false);
    expect(isNotModified(headers({ 'if-modified-since': lastModified }), none)).toBe(false);
    expect(isNotModified(headers({ 'if-none-match': '*' }), none)).toBe(true);
    expect(isNotModified(headers({}), none)).toBe(false);
  });

  it('reads a hostile list in linear time', () => {
    expect(isNotModified(headers({ 'if-none-match': '"x",'.repeat(4000) }), validators)).toBe(false);
    expect(isNotModified(headers({ 'if-none-match': ' \t,'.repeat(4000) }), validators)).toBe(false);
  });
});

describe('isOther', () => {
  it.each([
    ['"abc"', false],
    ['*', false],
    ['"x", "abc"', false],
    ['"x", W/"y" , "abc"', false],
    ['W/"abc"', true],
    ['"x"', true],
    ['"x,abc"', true],
    ['', true],
  ])('If-Match: %s', (value, result) => {
    expect(isOther(headers({ 'if-match': value }), validators)).toBe(result);
  });

  it.each([
    [lastModified, false],
    ['Sat, 03 Feb 2024 04:05:07 GMT', false],
    ['Sat, 03 Feb 2024 04:05:05 GMT', true],
    ['yesterday', false],
  ])('If-Unmodified-Since: %s', (value, result) => {
    expect(isOther(headers({ 'if-unmodified-since': value }), validators)).toBe(result);
  });

  it('prefers If-Match', () => {
    const both = headers({ 'if-match': '"abc"', 'if-unmodified-since': 'Sat, 03 Feb 2024 04:05:05 GMT' });
    expect(isOther(both, validators)).toBe(false);
  });

  it('takes an answer without validators for another one than was named', () => {
    const none = { etag: undefined, lastModified: undefined };
    expect(isOther(headers({ 'if-match': '"abc"' }), none)).toBe(true);
    expect(isOther(headers({ 'if-unmodified-since': lastModified }), none)).toBe(false);
    expect(isOther(headers({}), none)).toBe(false);
  });
});

describe('allowsRange', () => {
  it.each([
    ['"abc"', true],
    [lastModified, true],
    ['W/"abc"', false],
    ['"x"', false],
    ['Sat, 03 Feb 2024 04:05:07 GMT', false],
    ['', false],
  ])('If-Range: %s', (value, result) => {
    expect(allowsRange(headers({ 'if-range': value }), validators)).toBe(result);
  });

  it('allows one without If-Range', () => {
    expect(allowsRange(headers({}), validators)).toBe(true);
  });
});

describe('quoteEtag', () => {
  it.each([
    ['abc', '"abc"'],
    ['', undefined],
    ['a"b', undefined],
    ['a b', undefined],
    ['a\r\nx: y', undefined],
    ['é', undefined],
  ])('%j', (etag, quoted) => {
    expect(quoteEtag(etag)).toBe(quoted);
  });
});
