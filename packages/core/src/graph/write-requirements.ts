// Requirements, written into a go.mod.
//
// Invariant: `go` and `toolchain` lines change only where they have to: a `toolchain` that the `go` line implies goes.

import { toolchainVersion } from '../gover/index.ts';
import { editGoMod, type GoMod } from '../modfile/index.ts';
import { goVersionOf, isStrict, pruningOf } from './pruning.ts';
import type { Requirements } from './requirements.ts';

/** The text of `goMod` with these requirements, direct and indirect ones apart from `go 1.17` on. */
export function formatRequirements(goMod: GoMod, { roots, direct }: Requirements): string {
  const editor = editGoMod(goMod);
  const versionOf = (wanted: string): string | undefined => roots.find(({ path }) => path === wanted)?.version;
  const goVersion = versionOf('go') ?? goVersionOf(goMod);
  const toolchain = versionOf('toolchain') ?? `go${goVersion}`;
  if (goVersion !== goVersionOf(goMod)) editor.addGoStmt(goVersion);
  if (toolchain === `go${goVersion}` || !isStrict(toolchainVersion(toolchain))) editor.dropToolchainStmt();
  else editor.addToolchainStmt(toolchain);
  const required = roots
    .filter(({ path }) => path !== 'go' && path !== 'toolchain')
    .map(({ path, version }) => ({ path, version, indirect: !direct.has(path) }));
  if (pruningOf(goVersion) === 'pruned') editor.setRequireSeparateIndirect(required);
  else editor.setRequire(required);
  return editor.cleanup().format();
}
