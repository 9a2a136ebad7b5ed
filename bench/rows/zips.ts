// Building and hashing the zip of a module of client-go's shape: 2,116 files, 14 MB.

import { goAbsent, startGoPeer } from '../harness/peers.ts';
import { type Program, startNode } from '../harness/program.ts';
import type { Contestant, Place, Row } from '../harness/row.ts';
import { clientModule, clientTree, clientZip } from './fixtures.ts';

interface Answer {
  readonly milliseconds: number;
  /** Of the zip that was built. */
  readonly size?: number;
  readonly h1?: string;
}

function work(name: string, start: (place: Place) => Program, request: (place: Place) => Promise<object>): Contestant {
  return {
    name,
    async setup(place) {
      const question = { module: clientModule, ...(await request(place)) };
      const program = start(place);
      return {
        async run() {
          const { milliseconds, size } = await program.ask<Answer>(question);
          return { value: milliseconds, details: size === undefined ? {} : { zip: size / 1e6 } };
        },
        teardown: program.stop,
      };
    },
  };
}

const worker = (): Program => startNode('worker');
const goPeer = ({ shared }: Place): Program => startGoPeer(shared);
const build = async ({ shared }: Place) => ({ op: 'buildZip', directory: await clientTree(shared) });
const hash = async ({ shared }: Place) => ({ op: 'hashZip', file: await clientZip(shared) });
const verify = async ({ shared }: Place) => ({ op: 'verifyZip', file: await clientZip(shared) });

/** From files in memory to the bytes of a zip. */
export const zipBuild: Row = {
  name: 'zip-build',
  about: 'making the zip of 2,116 files, 14 MB, from memory',
  unit: 'ms',
  better: 'lower',
  details: { zip: 'MB' },
  contestants: [
    work('gomodkit createZip', worker, build),
    { ...work('x/mod zip.Create (Go)', goPeer, build), absent: goAbsent },
    work('jszip', worker, async (place) => ({ ...(await build(place)), op: 'buildWithJszip' })),
  ],
};

/** h1 alone, and everything that must hold before a zip is published. */
export const zipHash: Row = {
  name: 'zip-hash',
  about: 'h1 of a zip file of 2,116 files, 14 MB; and checking it whole',
  unit: 'ms',
  better: 'lower',
  contestants: [
    work('gomodkit hashZip', worker, hash),
    { ...work('x/mod HashZip (Go)', goPeer, hash), absent: goAbsent },
    work('gomodkit verifyZip', worker, verify),
    { ...work('x/mod CheckZip + HashZip (Go)', goPeer, verify), absent: goAbsent },
  ],
};
