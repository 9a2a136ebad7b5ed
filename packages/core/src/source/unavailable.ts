// Sources that answer nothing: the literals of a GOPROXY list.
//
// Invariants:
// - `off` means "not here" for everything (spec §10.16).
// - `direct` says that it cannot be asked, so that nobody takes its silence for absence.

import { GoModKitError } from '../errors/error.ts';
import type { ModuleSource } from './source.ts';

/** A source whose every call rejects with what `error` makes. */
function failingSource(error: () => GoModKitError): ModuleSource {
  const fail = () => Promise.reject(error());
  return { versions: fail, resolve: fail, goMod: fail, zip: fail };
}

/** `off`: every call rejects with `not_found`. */
export function offSource(): ModuleSource {
  return failingSource(() => new GoModKitError('not_found', 'module lookup disabled by GOPROXY=off'));
}

/** `direct` where no git source was given for it: every call rejects with `unsupported`. */
export function directSource(): ModuleSource {
  const message =
    'direct needs a git source (the option `direct`, with `gitSource`), and none was given; use an upstream';
  return failingSource(() => new GoModKitError('unsupported', message));
}
