// Auditing a directory: everything is read, hashed and checked.

import { join } from 'node:path';
import type { BenchModule } from '../fixtures/big-zip.ts';
import { filesInAll } from '../fixtures/source-tree.ts';
import { goAbsent, startGoPeer } from '../harness/peers.ts';
import { startNode } from '../harness/program.ts';
import type { Row } from '../harness/row.ts';
import { fixture } from './fixtures.ts';

const modules: readonly BenchModule[] = Array.from({ length: 8 }, (_, index) => ({
  path: `example.com/audited${index}`,
  version: 'v1.0.0',
}));

const store = (shared: string): Promise<string> =>
  fixture(join(shared, 'audited'), { op: 'writeStore', modules, files: filesInAll }, 'directory');

interface AuditAnswer {
  readonly milliseconds: number;
  readonly content: number;
}

/** Megabytes of content per second. */
export const auditRow: Row = {
  name: 'audit',
  about: `auditing a directory of ${modules.length} modules with ${filesInAll} files, 14 MB, each`,
  unit: 'MB/s',
  better: 'higher',
  goals: [
    {
      says: 'at least 300 MB of content per second',
      met(median) {
        const speed = median('gomodkit audit');
        return speed === undefined ? undefined : speed >= 300;
      },
    },
  ],
  contestants: [
    {
      name: 'gomodkit audit',
      async setup({ shared }) {
        const directory = await store(shared);
        const worker = startNode('worker');
        return {
          async run() {
            const { milliseconds, content } = await worker.ask<AuditAnswer>({ op: 'auditStore', directory });
            return { value: content / 1000 / milliseconds };
          },
          teardown: worker.stop,
        };
      },
    },
    {
      name: 'x/mod CheckZip + HashZip, zip by zip (Go)',
      absent: goAbsent,
      async setup({ shared }) {
        const directory = await store(shared);
        const worker = startNode('worker');
        const { content } = await worker.ask<AuditAnswer>({ op: 'auditStore', directory });
        await worker.stop();
        const peer = startGoPeer(shared);
        return {
          async run() {
            let milliseconds = 0;
            for (const module of modules) {
              const file = join(directory, `${module.path}/@v/${module.version}.zip`);
              milliseconds += (await peer.ask<AuditAnswer>({ op: 'verifyZip', module, file })).milliseconds;
            }
            return { value: content / 1000 / milliseconds };
          },
          teardown: peer.stop,
        };
      },
    },
  ],
};
