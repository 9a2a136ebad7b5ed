// Lexically clean paths and safe words for messages.

import { replaceSurrogates } from '../gotext/raw.ts';

/** Whether Go's `path.Clean` would leave `path` as it is. */
export function isClean(path: string): boolean {
  if (path === '.' || path === '/') return true;
  const elements = path.split('/');
  const rooted = elements.length > 1 && elements[0] === '';
  if (rooted) elements.shift();
  let climbing = !rooted;
  for (const element of elements) {
    if (element === '' || element === '.') return false;
    if (element !== '..') climbing = false;
    else if (!climbing) return false;
  }
  return true;
}

/** The last element of a path that names a file. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

const longest = 200;

/** Text from an archive, made fit for a one-line message: no control characters, no broken characters, not endless. */
export function forMessage(text: string): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return replaceSurrogates(shown).replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  );
}
