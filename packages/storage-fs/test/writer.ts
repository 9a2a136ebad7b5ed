// A process that creates versions of a module until it is killed or its standard input ends, and says what was acknowledged.
//
// Usage: writer DIRECTORY MODULE SEED

import { bytesSource } from '@gomodkit/core/storage';
import { directoryStorage } from '../src/index.ts';
import { contentOf } from './content.ts';

const [directory = '', module = '', seed = ''] = process.argv.slice(2);
const storage = directoryStorage(directory);
let stop = false;
process.stdin.resume().on('end', () => {
  stop = true;
});

for (let i = 0; !stop; i++) {
  for (const ending of ['mod', 'info', 'ziphash', 'zip']) {
    const key = `${module}/@v/v1.${seed}.${i}.${ending}`;
    await storage.create(key, bytesSource(contentOf(key)));
    process.stdout.write(`${key}\n`);
  }
}
