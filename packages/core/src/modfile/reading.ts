// What the readers of directives share: the line being read, and the model being filled.

import { quote } from '../gotext/quote.ts';
import { pathMajorProblem, splitPathVersion } from '../module/path-major.ts';
import type { Arguments } from './arguments.ts';
import type { GoMod } from './go-mod.ts';
import type { GoWork } from './go-work.ts';
import { Rejection } from './problem.ts';
import type { Line, LineBlock } from './syntax.ts';

/** A directive about to be read. */
export interface Reading {
  readonly line: Line;
  /** The block the line stands in. */
  readonly block: LineBlock | undefined;
  readonly args: Arguments;
  /** Whether the file is that of a main module: nothing unknown, nothing malformed. */
  readonly strict: boolean;
}

/** A model while it is filled. */
type Draft<Model> = {
  -readonly [Key in keyof Model]: Model[Key] extends readonly (infer Item)[] ? Item[] : Model[Key];
};

export type GoModDraft = Draft<GoMod>;
export type GoWorkDraft = Draft<GoWork>;

/** The major-version suffix of a module path; rejects a path that does not split (spec §1.8). */
export function pathMajorOf(path: string, about: { verb?: string; modPath?: string } = {}): string {
  const parts = splitPathVersion(path);
  if (parts === undefined) throw new Rejection('invalid module path', about);
  return parts.pathMajor;
}

/** Rejects a version that does not fit its path (spec §1.11). */
export function checkFits(version: string, pathMajor: string, verb: string, modPath: string): void {
  const reason = pathMajorProblem(version, pathMajor);
  if (reason !== undefined) throw new Rejection(`version ${quote(version)} invalid: ${reason}`, { verb, modPath });
}
