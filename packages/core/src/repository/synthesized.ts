// The go.mod of modules that have none.
//
// Invariant: byte for byte what the go command synthesizes, because clients compare `.mod` with it to tell whether a version has a
// go.mod of its own (spec §4.4, §5.13).

import { encodeUtf8, equalBytes } from '../bytes/utf8.ts';

/** Whether `.mod` of a version of `path` is a file of its own, and not the synthesized one. */
export function hasOwnGoMod(path: string, goMod: { readonly bytes: Uint8Array }): boolean {
  return !equalBytes(goMod.bytes, synthesizedGoMod(path));
}

/** The go.mod of a module that has none (spec §5.13). */
export function synthesizedGoMod(path: string): Uint8Array {
  return encodeUtf8(`module ${path}\n`);
}
