// The directives of a go.mod file, one row each: its forms, who honours it, and how it is read (spec §9.9–9.20).
//
// Invariants:
// - A row reads one line and either adds to the model or rejects the line. Lines do not depend on each other, but for
//   `module`, `go` and `toolchain`, of which there is one.
// - Reading a dependency honours only the rows marked so and skips all others unread (spec §9.20).

import { commentText, deprecation, isIndirect } from './comment-text.ts';
import { Rejection } from './problem.ts';
import { checkFits, type GoModDraft, pathMajorOf, type Reading } from './reading.ts';
import { readReplace } from './replace.ts';
import { readRetract } from './retract.ts';

/** What there is to know of a directive. */
export interface DirectiveRule {
  /** Whether `name ( … )` exists beside `name …`. */
  readonly block: boolean;
  /** Whether it counts in the go.mod of a dependency. */
  readonly inDependencies: boolean;
  readonly read: (reading: Reading, goMod: GoModDraft) => void;
}

/** All directives by name. */
export const directives: ReadonlyMap<string, DirectiveRule> = new Map<string, DirectiveRule>([
  ['module', { block: true, inDependencies: true, read: readModule }],
  ['go', { block: false, inDependencies: true, read: readGo }],
  ['toolchain', { block: false, inDependencies: false, read: readToolchain }],
  ['godebug', { block: true, inDependencies: false, read: readGodebug }],
  ['require', { block: true, inDependencies: true, read: readRequire }],
  ['exclude', { block: true, inDependencies: false, read: readExclude }],
  ['replace', { block: true, inDependencies: false, read: (r, goMod) => void goMod.replace.push(readReplace(r)) }],
  ['retract', { block: true, inDependencies: true, read: addRetract }],
  ['tool', { block: true, inDependencies: false, read: (r, goMod) => void goMod.tool.push(readPath(r)) }],
  ['ignore', { block: true, inDependencies: true, read: (r, goMod) => void goMod.ignore.push(readPath(r)) }],
]);

function readModule({ args, line, block }: Reading, goMod: GoModDraft): void {
  if (goMod.module !== undefined) throw new Rejection('repeated module statement');
  // Even a malformed one is there: a second one is repeated.
  goMod.module = { path: '', syntax: line };
  if (args.length !== 1) throw new Rejection('usage: module module/path');
  const path = args.value(0);
  const deprecated = deprecation(commentText(line, block));
  goMod.module = { path, ...(deprecated !== '' && { deprecated }), syntax: line };
}

// JavaScript's `$` without the m flag is the very end, as Go's.
const goVersion = /^[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?$/;
const goVersionOfDependency = /^v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))[^0-9]/;

function readGo({ args, line, strict }: Reading, goMod: GoModDraft): void {
  if (goMod.go !== undefined) throw new Rejection('repeated go statement');
  const written = onlyToken(args, 'go');
  const version = goVersion.test(written) ? written : strict ? undefined : goVersionOfDependency.exec(written)?.[1];
  if (version === undefined) throw new Rejection(`invalid go version '${written}': must match format 1.23.0`);
  args.replace(0, version);
  goMod.go = { version, syntax: line };
}

// Looser than the versions of Go there are, so that names of later kinds pass.
const toolchainName = /^(?:default$|go1(?:$|\.))/;

function readToolchain({ args, line }: Reading, goMod: GoModDraft): void {
  if (goMod.toolchain !== undefined) throw new Rejection('repeated toolchain statement');
  const name = onlyToken(args, 'toolchain');
  if (!toolchainName.test(name)) {
    throw new Rejection(`invalid toolchain version '${name}': must match format go1.23.0 or default`);
  }
  goMod.toolchain = { name, syntax: line };
}

function readGodebug({ args, line }: Reading, goMod: GoModDraft): void {
  const setting = args.length === 1 ? (args.token(0) ?? '') : '';
  const equals = setting.indexOf('=');
  if (equals < 0 || /["`',]/.test(setting)) throw new Rejection('usage: godebug key=value');
  goMod.godebug.push({ key: setting.slice(0, equals), value: setting.slice(equals + 1), syntax: line });
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
