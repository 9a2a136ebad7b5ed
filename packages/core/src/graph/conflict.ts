// Wanted versions that exclude each other.

import { GoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import { formatModule } from './versions.ts';

/** A path of requirements from a wanted version to what is in its way. */
export interface Conflict {
  /** From a wanted version to one that is higher than wanted, or that cannot be read. */
  readonly path: readonly ModuleVersion[];
  /** What is wanted instead of the last of `path`; absent where that cannot be read. */
  readonly wanted?: ModuleVersion | undefined;
  /** Why the last of `path` cannot be read. */
  readonly error?: unknown;
}

/** The error for all of them: one line each, as the go command says it. `data.conflicts` has them whole. */
export function conflictError(conflicts: readonly Conflict[]): GoModKitError {
  const message = `version constraints conflict:${conflicts.map((conflict) => `\n\t${summary(conflict)}`).join('')}`;
  return new GoModKitError('invalid_argument', message, { data: { conflicts } });
}

function summary({ path, wanted, error }: Conflict): string {
  const [first, last] = [path[0], path.at(-1)].map((module) => (module === undefined ? '' : formatModule(module)));
  const reason = error instanceof Error ? error.message : String(error);
  if (path.length < 2) return wanted === undefined ? `${first}: ${reason}` : `${first} is above ${wanted.version}`;
  const requires = `${first} ${path.length > 2 ? 'indirectly ' : ''}requires ${last}`;
  return wanted === undefined ? `${requires}: ${reason}` : `${requires}, but ${wanted.version} is requested`;
}
