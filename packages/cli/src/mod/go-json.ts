// go.mod and go.work as the JSON of `go mod edit -json` and `go work edit -json`.
//
// Invariant: byte for byte what Go's encoder writes: members in its order, tabs, `null` for lists without entries, `<`, `>`, `&` and line
// separators escaped, and bytes that are not UTF-8 as `\ufffd`.

import type { modfile } from '@gomodkit/core';

/** A go.mod. */
export function goModJson(goMod: modfile.GoMod): string {
  return goJson({
    Module: { Path: goMod.module?.path ?? '', Deprecated: some(goMod.module?.deprecated) },
    Go: goMod.go?.version,
    Toolchain: goMod.toolchain?.name,
    GoDebug:
      goMod.godebug.length === 0 ? undefined : goMod.godebug.map(({ key, value }) => ({ Key: key, Value: value })),
    Require: list(goMod.require, ({ path, version, indirect }) => ({
      ...moduleJson({ path, version }),
      Indirect: indirect || undefined,
    })),
    Exclude: list(goMod.exclude, moduleJson),
    Replace: list(goMod.replace, replaceJson),
    Retract: list(goMod.retract, ({ low, high, rationale }) => ({
      Low: some(low),
      High: some(high),
      Rationale: some(rationale),
    })),
    Tool: list(goMod.tool, ({ path }) => ({ Path: path })),
    Ignore: list(goMod.ignore, ({ path }) => ({ Path: path })),
  });
}

/** A go.work, of which the go command shows no more. */
export function goWorkJson(goWork: modfile.GoWork): string {
  return goJson({
    Go: goWork.go?.version,
    Use: list(goWork.use, ({ path }) => ({ DiskPath: path })),
    Replace: list(goWork.replace, replaceJson),
  });
}

function replaceJson({ old, new: target }: modfile.ReplaceDirective): object {
  return { Old: moduleJson(old), New: moduleJson(target) };
}

function moduleJson({ path, version }: modfile.ReplaceTarget): object {
  return { Path: path, Version: some(version) };
}

/** Empty text is left out. */
function some(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function list<T>(items: readonly T[], json: (item: T) => object): readonly object[] | null {
  return items.length === 0 ? null : items.map(json);
}

function goJson(value: object): string {
  const text = JSON.stringify(value, undefined, '\t');
  return `${text.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}|[<>&\u2028\u2029]/g, escapeAsGo)}\n`;
}

/** What Go's encoder writes otherwise than JSON.stringify. */
function escapeAsGo(part: string): string {
  if (part === '\\\\') return part;
  return part.length > 1 ? '\\ufffd' : `\\u${part.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
