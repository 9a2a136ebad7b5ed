// The `replace` directive (spec §9.16).
//
// Invariants:
// - A replacement has a version exactly if it is a module; a directory is recognised by its text alone, in the syntax of any
//   operating system, because go.mod files travel.
// - Directories are judged as on a system that separates with `/`: backslashes are refused.

import { quote } from '../gotext/quote.ts';
import type { ReplaceDirective, ReplaceTarget } from './go-mod.ts';
import { Rejection } from './problem.ts';
import { checkFits, pathMajorOf, type Reading } from './reading.ts';

const directoryPath = /^(?:\.\.?(?:[/\\]|$)|[/\\]|[A-Za-z]:)/;

/**
 * Whether the new side of a `replace` names a directory and not a module, as x/mod's `IsDirectoryPath`: `.`, `..`, or a
 * path that begins with `./`, `../`, `/`, their backslash forms, or a drive letter (spec §9.16).
 */
export function isDirectoryPath(path: string): boolean {
  return directoryPath.test(path);
}

/** Reads `OLD [VERSION] => NEW [VERSION]`. */
export function readReplace({ args, line }: Reading): ReplaceDirective {
  const { verb } = args;
  const arrow = args.token(1) === '=>' ? 1 : 2;
  const given = args.length - arrow - 1;
  if (given < 1 || given > 2 || args.token(arrow) !== '=>') {
    throw new Rejection(
      `usage: ${verb} module/path [v1.2.3] => other/module v1.4\n\t or ${verb} module/path [v1.2.3] => ../local/directory`,
    );
  }
  const path = args.value(0);
  const pathMajor = pathMajorOf(path, { verb, modPath: path });
  const old: ReplaceTarget = arrow === 1 ? { path } : { path, version: args.version(1, path) };
  if (old.version !== undefined) checkFits(old.version, pathMajor, verb, path);
  const newPath = args.value(arrow + 1);
  if (given === 1) {
    checkDirectory(newPath);
    return { old, new: { path: newPath }, syntax: line };
  }
  const version = args.version(arrow + 2, newPath);
  if (isDirectoryPath(newPath)) {
    throw new Rejection(`replacement module directory path ${quote(newPath)} cannot have version`);
  }
  return { old, new: { path: newPath, version }, syntax: line };
}

function checkDirectory(path: string): void {
  if (!isDirectoryPath(path)) {
    throw new Rejection(
      path.includes('@')
        ? "replacement module must match format 'path version', not 'path@version'"
        : 'replacement module without version must be directory path (rooted or starting with . or ..)',
    );
  }
  if (path.includes('\\')) {
    throw new Rejection('replacement directory appears to be Windows path (on a non-windows system)');
  }
}
