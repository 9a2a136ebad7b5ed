// Forms of a parsed go.mod that tests can compare and write down.

import type { Comments, GoMod, Statement } from '../src/modfile/index.ts';

/** The typed model of a go.mod in the form of the vector files. */
export interface GoModSummary {
  readonly module: string | null;
  readonly deprecated: string;
  readonly go: string | null;
  readonly toolchain: string | null;
  readonly godebug: readonly object[];
  readonly require: readonly object[];
  readonly exclude: readonly object[];
  readonly replace: readonly object[];
  readonly retract: readonly object[];
  readonly tool: readonly string[];
  readonly ignore: readonly string[];
}

/** Everything a go.mod says, without where it says it. */
export function summaryOf(goMod: GoMod): GoModSummary {
  return {
    module: goMod.module?.path ?? null,
    deprecated: goMod.module?.deprecated ?? '',
    go: goMod.go?.version ?? null,
    toolchain: goMod.toolchain?.name ?? null,
    godebug: goMod.godebug.map(({ key, value }) => ({ key, value })),
    require: goMod.require.map(({ path, version, indirect }) => ({ path, version, indirect })),
    exclude: goMod.exclude.map(({ path, version }) => ({ path, version })),
    replace: goMod.replace.map(({ old, new: to }) => ({
      oldPath: old.path,
      oldVersion: old.version ?? '',
      newPath: to.path,
      newVersion: to.version ?? '',
    })),
    retract: goMod.retract.map(({ low, high, rationale }) => ({ low, high, rationale })),
    tool: goMod.tool.map(({ path }) => path),
    ignore: goMod.ignore.map(({ path }) => path),
  };
}

/** Each comment of a tree, in the order of the file, with the node it belongs to. */
export function commentsOf(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.kind !== 'block') return placed(statement.kind, statement.comments);
    return [
      ...placed('block', { ...statement.comments, suffix: [] }),
      ...placed('lparen', statement.lparen.comments),
      ...statement.line.flatMap((line) => placed('blockline', line.comments)),
      ...placed('rparen', statement.rparen.comments),
      ...placed('block', { ...statement.comments, before: [] }),
    ];
  });
}

function placed(node: string, { before, suffix }: Comments): string[] {
  return [
    ...before.map(({ token }) => `${node} before ${JSON.stringify(token)}`),
    ...suffix.map(({ token }) => `${node} suffix ${JSON.stringify(token)}`),
  ];
}

/** The tokens of a tree, blocks with their parentheses. */
export function tokensOf(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.kind === 'line') return statement.token;
    if (statement.kind === 'comments') return [];
    return [...statement.token, '(', ...statement.line.flatMap(({ token }) => token), ')'];
  });
}

/** The typed model of a go.mod as text, one directive per line: the form of the golden files. */
export function linesOf(goMod: GoMod): string[] {
  const q = JSON.stringify;
  const side = ({ path, version }: { path: string; version?: string }) => (version ? `${q(path)} ${version}` : q(path));
  const { module, go, toolchain } = goMod;
  return [
    ...(module ? [`module ${q(module.path)}${module.deprecated ? ` deprecated ${q(module.deprecated)}` : ''}`] : []),
    ...(go ? [`go ${go.version}`] : []),
    ...(toolchain ? [`toolchain ${toolchain.name}`] : []),
    ...goMod.godebug.map(({ key, value }) => `godebug ${q(key)} ${q(value)}`),
    ...goMod.require.map((require) => `require ${side(require)}${require.indirect ? ' indirect' : ''}`),
    ...goMod.exclude.map((exclude) => `exclude ${side(exclude)}`),
    ...goMod.replace.map((replace) => `replace ${side(replace.old)} => ${side(replace.new)}`),
    ...goMod.retract.map(({ low, high, rationale }) => `retract ${low} ${high} ${q(rationale)}`),
    ...goMod.tool.map(({ path }) => `tool ${q(path)}`),
    ...goMod.ignore.map(({ path }) => `ignore ${q(path)}`),
  ];
}
