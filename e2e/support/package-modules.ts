// Generated modules with packages: everything that decides which package a module has and what a package imports, as files that the go
// command reads from a file:// proxy and from a directory.
//
// Invariant: sets share no module path, so that one module cache can hold many of them.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createZip, sourceFile } from '@gomodkit/core/zip';
import { type GeneratedGraph, writeMain, writeProxy } from './module-graphs.ts';

/** A main module, modules that it may need, and what is in them. */
export interface GeneratedPackages {
  readonly graph: GeneratedGraph;
  /** Files besides go.mod, by `path@version`. */
  readonly files: ReadonlyMap<string, Files>;
  /** Files of the main module and of directories that replace modules, by path from the main module's root. */
  readonly mainFiles: Files;
  /** Import paths to ask for, and module paths. */
  readonly packages: readonly string[];
  readonly modules: readonly string[];
}

/** Content by path. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

type Random = () => number;

const eras = [
  ['1.17', '1.18', '1.21', '1.22.3', '1.25.0'],
  ['1.13', '1.15', '1.16'],
  ['', '1.15', '1.17', '1.21', '1.24'],
];
const std = ['fmt', 'net/http', 'os', 'golang.org/x/net', 'unsafe', 'crypto/tls', 'nosuchstd', 'internal/cpu', 'embed'];

/** Makes a set whose modules begin with `prefix`. */
export function generatePackages(random: Random, prefix: string): GeneratedPackages {
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const chance = (p: number): boolean => random() < p;
  const era = pick(eras);
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].slice(0, 3 + below(6));
  const paths = names.flatMap((name) => [
    `${prefix}.test/${name}`,
    ...(chance(0.25) ? [`${prefix}.test/${name}/x`] : []),
    ...(chance(0.15) ? [`${prefix}.test/${name}/v2`] : []),
  ]);
  const versionsOf = (path: string): readonly string[] =>
    path.endsWith('/v2') ? ['v2.0.0', 'v2.1.0'] : ['v1.0.0', 'v1.1.0'];
  const main = `${prefix}.test/main`;
  const places = [
    '',
    'x',
    'x/y',
    'internal/i',
    'testdata/t',
    '_hidden',
    'vendor',
    'vendor/v.test/w',
    'only',
    'v2',
    'skip',
    'deep/skip',
  ];
  // Without a dot: no proxy has it, a directory may.
  const dotless = `${prefix}local`;
  const importable = [...paths, main, dotless].flatMap((path) =>
    places.map((place) => (place === '' ? path : `${path}/${place}`)),
  );
  const target = (): string =>
    chance(0.15) ? pick(std) : chance(0.03) ? `missing.test/${prefix}` : pick(chance(0.6) ? paths : importable);
  const targets = (): string[] => Array.from({ length: below(3) }, target);

  const goMod = (path: string, goVersion: string, density: number): string => {
    const lines = [`module ${path}`, ...(goVersion === '' ? [] : [`go ${goVersion}`])];
    for (const each of paths) {
      if (each !== path && chance(density)) lines.push(`require ${each} ${pick(versionsOf(each))}`);
    }
    if (goVersion.startsWith('1.25') && chance(0.5)) lines.push('ignore ./skip');
    return `${lines.join('\n')}\n`;
  };
  const content = (isMain: boolean): Map<string, string | Uint8Array> => {
    const files = new Map<string, string | Uint8Array>();
    for (const place of places) {
      if (place !== '' && !chance(0.35)) continue;
      const at = place === '' ? '' : `${place}/`;
      if (chance(0.9)) files.set(`${at}p.go`, goFile(targets()));
      if (chance(0.5)) files.set(`${at}p_test.go`, goFile(targets(), chance(0.5) ? 'p_test' : 'p'));
      if (chance(0.2)) files.set(`${at}p_windows_arm64.go`, goFile(targets()));
      if (chance(0.1)) files.set(`${at}_p.go`, goFile(targets()));
      // A main module that was just written is not read through the go command's index, which minds syntax.
      if (chance(0.5))
        files.set(`${at}odd.go`, oddFile(pick(isMain ? oddHeaders.slice(0, plainHeaders) : oddHeaders), target));
    }
    return files;
  };

  const goVersion = pick(era);
  const density = pick([0.2, 0.4, 0.8]);
  const modules = new Map<string, string>();
  const files = new Map<string, Files>();
  for (const path of paths) {
    for (const version of versionsOf(path)) {
      modules.set(`${path}@${version}`, goMod(path, pick(era), pick([0.1, 0.3])));
      files.set(`${path}@${version}`, content(false));
    }
  }
  const directories = new Map<string, string>();
  const mainFiles = content(true);
  const lines = [goMod(main, goVersion, density)];
  if (chance(0.4)) {
    const path = pick(paths);
    directories.set('./local', goMod(path, pick(era), 0.1));
    for (const [name, text] of content(true)) mainFiles.set(`local/${name}`, text);
    lines.push(`replace ${path} => ./local\n`);
  }
  if (chance(0.3)) {
    directories.set('./dotless', `module ${dotless}\n`);
    for (const [name, text] of content(true)) mainFiles.set(`dotless/${name}`, text);
    lines.push(`require ${dotless} v1.0.0\nreplace ${dotless} => ./dotless\n`);
  }
  if (chance(0.3)) {
    const [path, other] = [pick(paths), pick(paths)];
    if (!lines.some((line) => line.includes(`replace ${path} `)))
      lines.push(`replace ${path} => ${other} ${pick(versionsOf(other))}\n`);
  }
  if (chance(0.3)) {
    mainFiles.set('nested/go.mod', `module ${main}/nested\n`);
    mainFiles.set('nested/p.go', goFile(targets()));
  }
  if (goVersion.startsWith('1.2') && chance(0.4)) lines.push(`tool ${pick(importable)}\n`);
  return {
    graph: { goMod: lines.join(''), modules, directories },
    files,
    mainFiles,
    packages: [...importable, ...std, `${main}/nested`, `missing.test/${prefix}`].filter(() => chance(0.5)),
    modules: [...paths, main, 'unknown.test/m'],
  };
}

function goFile(imports: readonly string[], name = 'p'): string {
  return `package ${name}\n\n${imports.map((path) => `import _ "${path}"\n`).join('')}\nfunc f() {}\n`;
}

/** Where `@` stands an import path is put in. */
function oddFile(header: string, target: () => string): string | Uint8Array {
  const text = header.replace(/@/g, target);
  return text.includes('\u00ff') ? Uint8Array.from(text, (char) => char.charCodeAt(0)) : text;
}

/** Beginnings of files; the first ones are read alike with and without an index. */
const oddHeaders = [
  '//go:build ignore\n\npackage p\n\nimport "@"\n',
  '// +build ignore\n\npackage p\n\nimport "@"\n',
  '// +build ignore\npackage p\n\nimport "@"\n',
  '//go:build !ignore && (linux || !linux)\n\npackage p\n\nimport "@"\n',
  '//go:build foo && !bar || ignore\n\npackage main\n\nimport ("@"; . "@")\n',
  '//go:build (\n\npackage p\n\nimport "@"\n',
  '// +build !!x,y z\n\npackage p\nimport "@"\n',
  '// +build a-b\n\npackage p\nimport "@"\n',
  '// Copyright\n\n/* a */ /* b\n*/\n//go:build ignore\n\npackage p\nimport "@"\n',
  '/*\n//go:build ignore\n*/\npackage p\nimport "@"\n',
  'package p\n\n// #include <x.h>\nimport "C"\nimport "@"\n',
  '\ufeffpackage p; import `@`; import a "@"\nvar x = "\n',
  'package p\nimport (\n\t// one\n\t"@" // two\n\t_ "@" /* three */\n)\nimport ()\nfunc f( {',
  'package p\nimport "appengine/x"\nimport "@"\n',
  'package p // import "other"\nimport "\\x66mt"\nimport "@" /* a\n */ import "@"\n',
  'package p\nimport "@"',
  '//go:build ignore || !ignore\n// +build ignore\n\npackage p\nimport "@"\n',
  '// +build ignore linux\n// +build !ignore\n\npackage p\nimport "@"\n',
  '#!/usr/bin/env go\npackage p\nimport "@"\n',
  '',
  // From here on the index says otherwise than the plain reader.
  'package p\nimport "@" import "@"\n',
  'package p import "@"\n',
  'package p\nimport "@"\nimport "a b"\n',
  'package p\nimport "@"\nimport "a\\qb"\n',
  '// Copyright \u00ff\npackage p\nimport "@"\n',
  'package p\nimport "@"\nvar x = "\u00ff"\n',
  '//go:build a\n//go:build ignore\n\npackage p\nimport "@"\n',
  'package p\n\u0000import "@"\n',
  'package func\nimport "@"\n',
  'package p\nimport x.y "@"\n',
  'package p\nimport ("@", "@")\n',
  'package p\nimport "@"\ninit()\n',
  'import "@"\npackage p\n',
  'package p\n// a \ufeff b\nimport "@"\n',
];
const plainHeaders = 16;

/** Writes the modules, with their zips, for GOPROXY=file://…. */
export async function writeModules(root: string, { graph, files }: GeneratedPackages): Promise<void> {
  await writeProxy(root, graph, false);
  for (const [name, goMod] of graph.modules) {
    const [path = '', version = ''] = name.split('@');
    const entries = [...(files.get(name) ?? []), ['go.mod', goMod] as const].map(([file, text]) =>
      sourceFile(file, typeof text === 'string' ? new TextEncoder().encode(text) : text),
    );
    const zip = createZip({ path, version }, entries, {});
    await writeFile(join(root, path, '@v', `${version}.zip`), new Uint8Array(await new Response(zip).arrayBuffer()));
  }
}

/** Writes the main module. */
export async function writeMainPackages(root: string, { graph, mainFiles }: GeneratedPackages): Promise<void> {
  await writeMain(root, graph);
  for (const [name, text] of mainFiles) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}
