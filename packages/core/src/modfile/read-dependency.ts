// What the go.mod of a dependency says that matters to module graphs.

import { decodeUtf8 } from '../bytes/utf8.ts';
import type { ModuleVersion } from '../module/index.ts';
import { parseLax } from './parse.ts';
import { readPlain } from './plain-go-mod.ts';
import type { VersionInterval } from './retract.ts';

/** A go.mod without its syntax tree. Its strings may be slices of the whole text. */
export interface DependencyGoMod {
  /** Empty where there is no `module` line. */
  readonly path: string;
  /** Empty where there is no `go` line. */
  readonly goVersion: string;
  readonly require: readonly ModuleVersion[];
  readonly retract: readonly (VersionInterval & { readonly rationale: string })[];
  readonly deprecated?: string | undefined;
  readonly ignore: readonly { readonly path: string }[];
}

const nothing: readonly never[] = [];

/** Reads what `parseLax` reads, mostly several times as fast. Throws as it does. */
export function readDependency(name: string, bytes: Uint8Array): DependencyGoMod {
  const text = decodeUtf8(bytes);
  const plain = text === undefined ? undefined : readPlain(text);
  if (plain !== undefined) return { ...plain, retract: nothing, ignore: nothing };
  const { module, go, require, retract, ignore } = parseLax(name, bytes);
  return {
    path: module?.path ?? '',
    goVersion: go?.version ?? '',
    require,
    retract,
    deprecated: module?.deprecated,
    ignore,
  };
}
