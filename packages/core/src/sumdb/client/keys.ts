// Storage keys of a checksum database.
//
// Invariant: two names never share a key, on no file system: a name is one element, spelled in lower case.

/** The key below `.gomodkit/<area>/` that stands for the database `name`. */
export function databaseKey(area: string, name: string): string {
  const element = name
    .replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)
    .replace(/[^a-z0-9._~!-]|\.$/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `.gomodkit/${area}/${element}`;
}
