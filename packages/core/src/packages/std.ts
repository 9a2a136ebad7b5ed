// The standard library: which import paths it answers, and what its packages import.
//
// Invariants:
// - Its packages never lead back to modules: what it uses of others it carries with it, under `vendor/`.
// - The table is that of one release; between releases imports within the standard library may differ, and paths that are new are
//   unknown. An unknown path whose first element has no dot is still no module's, unless a module of that name is there.

import { importPathProblem } from '../module/path.ts';
import type { PackageImports } from './scan-package.ts';
import { stdTable } from './std.table.ts';

let packages: ReadonlyMap<string, PackageImports> | undefined;

/** What a package of the standard library imports; undefined where there is no such package. */
export function stdPackage(path: string): PackageImports | undefined {
  packages ??= readTable();
  return packages.get(path);
}

function readTable(): ReadonlyMap<string, PackageImports> {
  const lines = stdTable.trim().split('\n');
  const paths = lines.map((line) => line.slice(0, line.indexOf(':')));
  const list = (indices = ''): readonly string[] =>
    indices === '' ? [] : indices.split(' ').map((index) => paths[Number.parseInt(index, 36)] ?? '');
  const read = lines.map((line) => {
    const [path = '', imports, testImports] = line.split(':');
    return [path, { imports: list(imports), testImports: list(testImports) }] as const;
  });
  return new Map(read);
}

/** The lexical classes of import paths that name no package of a module, with the reason in Go's words. */
export function importProblem(path: string): string | undefined {
  const quoted = JSON.stringify(path);
  if (path.includes('@')) return `import path ${quoted} should not have @version`;
  if (/^\.\.?(?:\/|$)/.test(path))
    return `${quoted} is relative, but relative import paths are not supported in module mode`;
  if (path.startsWith('/')) return `${quoted} is not a package path; see 'go help packages'`;
  if (metaPackages.has(path)) return `${quoted} is not an importable package; see 'go help packages'`;
  return importPathProblem(path);
}

const metaPackages: ReadonlySet<string> = new Set(['std', 'cmd', 'tool', 'work', 'all']);
