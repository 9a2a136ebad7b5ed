// Small worlds of modules as txtar archives: each file is the go.mod of `PATH@VERSION`.

import { memorySource } from '../../../source/memory.ts';
import type { ModuleSource } from '../../../source/source.ts';
import { parseTxtar } from '../../../txtar/index.ts';
import type { ClosurePlan } from '../types.ts';

/** The modules of an archive. Each line is below `example.com/`. */
export function world(archive: string): ModuleSource {
  const modules = parseTxtar(archive).files.map(({ name, data }) => {
    const [path = '', version = ''] = name.split('@');
    const lines = `module example.com/${path}\n${data.replace(/^(require|exclude) /gm, '$1 example.com/')}\n`;
    return [`example.com/${path}@${version}`, { files: { 'go.mod': lines, 'p.go': 'package p\n' } }] as const;
  });
  return memorySource(Object.fromEntries(modules));
}

/** A plan as text: one line per version, `+zip` where the zip is wanted; refusals behind it. */
export function shown({ versions, refused }: ClosurePlan): string {
  const short = (path: string, version: string) => `${path.replace('example.com/', '')}@${version}`;
  const lines = versions.map(({ path, version, zip }) => `${short(path, version)}${zip ? ' +zip' : ''}`);
  const refusals = refused.map(
    ({ path, version, kind, code, root }) => `refused ${root ? 'root ' : ''}${kind} ${short(path, version)} ${code}`,
  );
  return [...lines, ...refusals].join('\n');
}
