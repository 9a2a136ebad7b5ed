// The directives of go.mod and go.work files, one row each: its forms, who honours it, and how it is read (spec §9.9–9.20).
//
// Invariants:
// - A row reads one line and either adds to the model or rejects the line. Lines do not depend on each other, but for
//   `module`, `go` and `toolchain`, of which there is one.
// - Reading a dependency honours only the rows marked so and skips all others unread (spec §9.20).

import { commentText, deprecation, isIndirect } from './comment-text.ts';
import { isGoVersion, isToolchainName } from './go-version.ts';
import { Rejection } from './problem.ts';
import { checkFits, type GoModDraft, type GoWorkDraft, pathMajorOf, type Reading } from './reading.ts';
import { readReplace } from './replace.ts';
import { readRetract } from './retract.ts';

/** What there is to know of a directive of files with the model `Draft`. */
export interface DirectiveRule<Draft> {
  /** Whether `name ( … )` exists beside `name …`. */
  readonly block: boolean;
  /** Whether it counts in the go.mod of a dependency. */
  readonly inDependencies: boolean;
  readonly read: (reading: Reading, draft: Draft) => void;
}

/** The directives of a file by name. */
export type Directives<Draft> = ReadonlyMap<string, DirectiveRule<Draft>>;

/** Those of go.mod. */
export const goModDirectives: Directives<GoModDraft> = new Map<string, DirectiveRule<GoModDraft>>([
  ['module', { block: true, inDependencies: true, read: readModule }],
  ['go', { block: false, inDependencies: true, read: readGo }],
  ['toolchain', { block: false, inDependencies: false, read: readToolchain }],
  ['godebug', { block: true, inDependencies: false, read: readGodebug }],
  ['require', { block: true, inDependencies: true, read: readRequire }],
  ['exclude', { block: true, inDependencies: false, read: readExclude }],
  ['replace', { block: true, inDependencies: false, read: addReplace }],
  ['retract', { block: true, inDependencies: true, read: addRetract }],
  ['tool', { block: true, inDependencies: false, read: (r, goMod) => void goMod.tool.push(readPath(r)) }],
  ['ignore', { block: true, inDependencies: true, read: (r, goMod) => void goMod.ignore.push(readPath(r)) }],
]);

/** Those of go.work. No go.work is that of a dependency. */
export const goWorkDirectives: Directives<GoWorkDraft> = new Map<string, DirectiveRule<GoWorkDraft>>([
  ['go', { block: false, inDependencies: true, read: readGo }],
  ['toolchain', { block: false, inDependencies: true, read: readToolchain }],
  ['godebug', { block: true, inDependencies: true, read: readGodebug }],
  ['use', { block: true, inDependencies: true, read: readUse }],
  ['replace', { block: true, inDependencies: true, read: addReplace }],
]);

/** What the models of both files have. */
type SharedDraft = Pick<GoModDraft & GoWorkDraft, 'go' | 'toolchain' | 'godebug' | 'replace'>;

function readModule({ args, line, block }: Reading, goMod: GoModDraft): void {
  if (goMod.module !== undefined) throw new Rejection('repeated module statement');
  // Even a malformed one is there: a second one is repeated.
  goMod.module = { path: '', syntax: line };
  if (args.length !== 1) throw new Rejection('usage: module module/path');
  const path = args.value(0);
  const deprecated = deprecation(commentText(line, block));
  goMod.module = { path, ...(deprecated !== '' && { deprecated }), syntax: line };
}

const goVersionOfDependency = /^v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))[^0-9]/;

function readGo({ args, line, strict }: Reading, draft: SharedDraft): void {
  if (draft.go !== undefined) throw new Rejection('repeated go statement');
  const written = onlyToken(args, 'go');
  const version = isGoVersion(written) ? written : strict ? undefined : goVersionOfDependency.exec(written)?.[1];
  if (version === undefined) throw new Rejection(`invalid go version '${written}': must match format 1.23.0`);
  args.replace(0, version);
  draft.go = { version, syntax: line };
}

function readToolchain({ args, line }: Reading, draft: SharedDraft): void {
  if (draft.toolchain !== undefined) throw new Rejection('repeated toolchain statement');
  const name = onlyToken(args, 'toolchain');
  if (!isToolchainName(name)) {
    throw new Rejection(`invalid toolchain version '${name}': must match format go1.23.0 or default`);
  }
  draft.toolchain = { name, syntax: line };
}

function readGodebug({ args, line }: Reading, draft: SharedDraft): void {
  const setting = args.length === 1 ? (args.token(0) ?? '') : '';
  const equals = setting.indexOf('=');
  if (equals < 0 || /["`',]/.test(setting)) throw new Rejection('usage: godebug key=value');
  draft.godebug.push({ key: setting.slice(0, equals), value: setting.slice(equals + 1), syntax: line });
}

function readRequire(reading: Reading, goMod: GoModDraft): void {
  const { path, version } = readModuleVersion(reading);
  goMod.require.push({ path, version, indirect: isIndirect(reading.line), syntax: reading.line });
}

function readExclude(reading: Reading, goMod: GoModDraft): void {
  goMod.exclude.push({ ...readModuleVersion(reading), syntax: reading.line });
}

function readModuleVersion({ args }: Reading): { readonly path: string; readonly version: string } {
  const { verb } = args;
  if (args.length !== 2) throw new Rejection(`usage: ${verb} module/path v1.2.3`);
  const path = args.value(0);
  const version = args.version(1, path);
  checkFits(version, pathMajorOf(path), verb, path);
  return { path, version };
}

function addReplace(reading: Reading, draft: SharedDraft): void {
  draft.replace.push(readReplace(reading));
}

function readUse({ args, line }: Reading, goWork: GoWorkDraft): void {
  if (args.length !== 1) throw new Rejection('usage: use local/dir');
  goWork.use.push({ path: args.value(0), syntax: line });
}

function addRetract(reading: Reading, goMod: GoModDraft): void {
  const retract = readRetract(reading);
  if (retract !== undefined) goMod.retract.push(retract);
}

function readPath({ args, line }: Reading): { readonly path: string; readonly syntax: Reading['line'] } {
  onlyToken(args, args.verb);
  return { path: args.value(0), syntax: line };
}

/** The one argument as it is written. */
function onlyToken(args: Reading['args'], verb: string): string {
  const token = args.token(0);
  if (token === undefined || args.length !== 1) {
    throw new Rejection(`${verb} directive expects exactly one argument`);
  }
  return token;
}
