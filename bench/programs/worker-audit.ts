// A store of source modules, and an audit of it.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesSource, createRepository, dirhash, zip } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import type { BenchModule } from '../fixtures/big-zip.ts';
import { sourceTree } from '../fixtures/source-tree.ts';
import { timed } from './answer-lines.ts';

/** Modules to write, each of so many files. */
export interface WriteStoreRequest {
  readonly directory: string;
  readonly modules: readonly BenchModule[];
  readonly files: number;
}

/** Writes a directory as publications leave it. */
export async function writeStore({ directory, modules, files }: WriteStoreRequest): Promise<object> {
  for (const { path, version } of modules) {
    const tree = sourceTree(path, files);
    const sources = tree.map((file) => zip.sourceFile(file.path, new TextEncoder().encode(file.content)));
    const parts: Uint8Array[] = [];
    for await (const chunk of zip.createZip({ path, version }, sources)) parts.push(chunk);
    const bytes = new Uint8Array(Buffer.concat(parts));
    const objects = {
      info: JSON.stringify({ Version: version, Time: '2000-01-01T00:00:00Z' }),
      mod: tree.find((file) => file.path === 'go.mod')?.content ?? '',
      ziphash: await dirhash.hashZip(bytesSource(bytes)),
      zip: bytes,
    };
    for (const [end, content] of Object.entries(objects)) {
      const file = join(directory, `${path}/@v/${version}.${end}`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }
  return {};
}

/** Audits a directory: bytes of content per run, and how long it took. */
export async function auditStore({ directory }: { readonly directory: string }) {
  const storage = directoryStorage(directory);
  const repository = createRepository({ storage });
  let content = 0;
  const { milliseconds } = await timed(async () => {
    const events = repository.audit();
    for (;;) {
      const { done, value } = await events.next();
      if (!done) continue;
      if (!value.clean) throw new Error(`the store is not clean: ${JSON.stringify(value)}`);
      content = value.content;
      break;
    }
  });
  await repository.close();
  return { milliseconds, content };
}
