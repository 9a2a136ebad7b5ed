// Every public name of every package, types included, so that adding, losing or renaming one is a decision.

import ts from 'typescript';
import { expect, test } from 'vitest';
import { entryPoints } from './entry-points.ts';

test('public names are those of the snapshot', { timeout: 60_000 }, () => {
  const entries = entryPoints();
  const program = ts.createProgram({
    rootNames: entries.map((entry) => entry.source),
    options: {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ES2022,
      customConditions: ['@gomodkit/source'],
      allowImportingTsExtensions: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
    },
  });
  const checker = program.getTypeChecker();
  const names = Object.fromEntries(
    entries.map(({ specifier, source }) => {
      const file = program.getSourceFile(source);
      const module = file && checker.getSymbolAtLocation(file);
      return [
        specifier,
        module
          ? checker
              .getExportsOfModule(module)
              .map((symbol) => describe(checker, symbol))
              .sort()
          : [],
      ];
    }),
  );
  expect(names).toMatchSnapshot();
});

function describe(checker: ts.TypeChecker, symbol: ts.Symbol): string {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return target.flags & ts.SymbolFlags.Value ? symbol.name : `type ${symbol.name}`;
}
