// How large a module zip and its parts may be.
//
// Invariants:
// - The first three decide which module versions exist, so they are Go's, to the byte (spec §7.4, §7.10).
// - The others are ours. They bound the memory and time that hostile archives can cost; no archive that the go command can
//   extract on a common file system comes near them.

/** Most bytes of a module zip, and of the content of a module: 500 MiB. */
export const maxZipFile: number = 500 * 1024 * 1024;
/** Most bytes of a go.mod: 16 MiB. */
export const maxGoMod: number = 16 * 1024 * 1024;
/** Most bytes of the LICENSE file at the root: 16 MiB. */
export const maxLicense: number = 16 * 1024 * 1024;

/** Most entries that are read of an archive. */
export const maxEntries: number = 250_000;
/** Most different names, of files and of the directories that they are in. */
export const maxNames: number = 1_000_000;
/** Most bytes that are read of a central directory: 64 MiB. */
export const maxDirectory: number = 64 * 1024 * 1024;
/** Most characters of a file's path inside its module: beyond it no common file system can hold the file. */
export const maxPath: number = 4096;
