// The flags of `gomodkit mod` that edit: what each takes, and what it does to a go.mod or a go.work.
//
// Invariants:
// - Values are judged as `go mod edit` and `go work edit` judge them, before any file is read.
// - Versions may be branches and the like, as there, but they must be one token of a line.

import { GoModKitError, isGoModKitError, modfile, module } from '@gomodkit/core';

/** An edit of a file of either kind. */
export interface Edit {
  /** Absent where a go.mod has no such thing. */
  readonly goMod?: ((editor: modfile.GoModEditor) => unknown) | undefined;
  /** Absent where a go.work has no such thing. */
  readonly goWork?: ((editor: modfile.GoWorkEditor) => unknown) | undefined;
  /** As on the command line, for messages. */
  readonly flag: string;
}

type Actions = Omit<Edit, 'flag'>;

/** A flag that may be repeated, and whose place among the others counts. */
export interface EditFlag {
  /** Without dashes. */
  readonly name: string;
  /** What it takes, for the help. */
  readonly takes: string;
  readonly about: string;
  /** Reads a value. Throws for one that cannot be. */
  readonly read: (value: string) => Actions;
}

/** All of them, in the order of the help. */
export const editFlags: readonly EditFlag[] = [
  flag('require', 'path@version', 'require a version', (value) => {
    const { path, version } = pathAndVersion(value);
    return { goMod: (editor) => editor.addRequire(path, version) };
  }),
  flag('drop-require', 'path', 'drop a requirement', (value) => {
    const path = onlyPath(value);
    return { goMod: (editor) => editor.dropRequire(path) };
  }),
  flag('exclude', 'path@version', 'exclude a version', (value) => {
    const { path, version } = pathAndVersion(value);
    return { goMod: (editor) => editor.addExclude(path, version) };
  }),
  flag('drop-exclude', 'path@version', 'drop an exclusion', (value) => {
    const { path, version } = pathAndVersion(value);
    return { goMod: (editor) => editor.dropExclude(path, version) };
  }),
  flag('replace', 'old[@v]=new[@v]', 'replace a module; a new one without version is a directory', (value) => {
    const [old, target] = replacement(value);
    return both((editor) => editor.addReplace(old, target));
  }),
  flag('drop-replace', 'old[@v]', 'drop a replacement', (value) => {
    const old = pathMaybeVersion('old', value, true);
    return both((editor) => editor.dropReplace(old));
  }),
  flag('retract', 'version', 'retract a version, or an interval such as [v1.0.0,v1.2.0]', (value) => {
    const versions = interval(value);
    // A second time it is there twice, whatever the go command's help says.
    return { goMod: (editor) => editor.addRetract(versions) };
  }),
  flag('drop-retract', 'version', 'drop a retraction', (value) => {
    const versions = interval(value);
    return { goMod: (editor) => editor.dropRetract(versions) };
  }),
  flag('godebug', 'key=value', 'set a debug setting', (value) => {
    const at = value.indexOf('=');
    if (at < 0 || /["'`,]/.test(value)) throw invalid('need key=value');
    return both((editor) => editor.addGodebug(value.slice(0, at), value.slice(at + 1)));
  }),
  flag('drop-godebug', 'key', 'drop a debug setting', (value) => both((editor) => editor.dropGodebug(value))),
  flag('tool', 'path', 'add a tool, a package path', (value) => {
    const path = onlyPath(value);
    return { goMod: (editor) => editor.addTool(path) };
  }),
  flag('drop-tool', 'path', 'drop a tool', (value) => {
    const path = onlyPath(value);
    return { goMod: (editor) => editor.dropTool(path) };
  }),
  flag('ignore', 'directory', 'ignore a directory', (value) => ({ goMod: (editor) => editor.addIgnore(value) })),
  flag('drop-ignore', 'directory', 'ignore it no longer', (value) => ({
    goMod: (editor) => editor.dropIgnore(value),
  })),
  flag('use', 'directory', 'go.work: add a module of the workspace', (value) => {
    const path = directoryPath(value);
    return { goWork: (editor) => editor.addUse(path) };
  }),
  flag('drop-use', 'directory', 'go.work: drop it', (value) => {
    const path = directoryPath(value);
    return { goWork: (editor) => editor.dropUse(path) };
  }),
];

function flag(name: string, takes: string, about: string, read: EditFlag['read']): EditFlag {
  return { name, takes, about, read };
}

function both(edit: (editor: modfile.GoModEditor | modfile.GoWorkEditor) => unknown): Actions {
  return { goMod: edit, goWork: edit };
}

/** Checks `--module`. */
export function checkModulePath(path: string): void {
  module.checkImportPath(path);
  if (path === 'go' || path === 'toolchain') throw invalid('module path is reserved');
}

function invalid(message: string): GoModKitError {
  return new GoModKitError('invalid_argument', message);
}

/** `path@version`, at the first `@`. */
function cut(value: string): { readonly path: string; readonly version?: string } {
  const at = value.indexOf('@');
  if (at < 0) return { path: value };
  const version = value.slice(at + 1);
  if (/^[-/]/.test(version)) throw invalid(`invalid module version ${JSON.stringify(version)}`);
  return { path: value.slice(0, at).trim(), version: version.trim() };
}

function pathAndVersion(value: string): module.ModuleVersion {
  const { path, version } = cut(value);
  if (version === undefined) throw invalid('need path@version');
  checkImportPath(path, 'path');
  checkVersion(version, 'version');
  return { path, version };
}

function onlyPath(value: string): string {
  if (value.includes('@')) throw invalid('need just path, not path@version');
  checkImportPath(value, 'path');
  return value;
}

function pathMaybeVersion(side: string, value: string, mayBeDirectory: boolean): modfile.ReplaceTarget {
  if (mayBeDirectory && modfile.isDirectoryPath(value)) return { path: value };
  const { path, version } = cut(value);
  checkImportPath(path, `${side} path`);
  if (version === undefined) return { path };
  checkVersion(version, `${side} version`);
  return { path, version };
}

function replacement(value: string): readonly [modfile.ReplaceTarget, modfile.ReplaceTarget] {
  const at = value.indexOf('=');
  if (at < 0) throw invalid('need old[@v]=new[@w] (missing =)');
  const target = value.slice(at + 1).trim();
  if (target.startsWith('>')) throw invalid('separator between old and new is =, not =>');
  const sides = [
    pathMaybeVersion('old', value.slice(0, at).trim(), false),
    pathMaybeVersion('new', target, true),
  ] as const;
  if (sides[1].version === undefined && !modfile.isDirectoryPath(target))
    throw invalid('unversioned new path must be local directory');
  return sides;
}

function interval(value: string): modfile.VersionInterval {
  const [, low, high] = /^\[([^,]*),(.*)\]$/s.exec(value) ?? [];
  if (low === undefined || high === undefined) {
    if (value.startsWith('[')) throw invalid(`invalid version interval: ${JSON.stringify(value)}`);
    checkVersion(value, 'version');
    return { low: value, high: value };
  }
  for (const end of [low, high]) checkVersion(end.trim(), 'version interval');
  return { low: low.trim(), high: high.trim() };
}

function checkImportPath(path: string, what: string): void {
  try {
    module.checkImportPath(path);
  } catch (error) {
    if (isGoModKitError(error)) throw invalid(`invalid ${what}: ${error.message}`);
    throw error;
  }
}

function checkVersion(version: string, what: string): void {
  if (modfile.mustQuote(version)) throw invalid(`invalid ${what} ${JSON.stringify(version)}`);
}

/** As `go work edit` writes a directory: relative ones begin with a dot. */
function directoryPath(value: string): string {
  if (modfile.isDirectoryPath(value)) return value;
  const parts: string[] = [];
  for (const part of value.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return `./${parts.join('/') || '.'}`;
}
