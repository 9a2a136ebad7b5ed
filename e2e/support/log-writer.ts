// A process that appends records to a checksum database in a directory, a few at a time, and says so: `ack INDEX NUMBER`. It ends when
// all are appended, unless it is killed before.

import { directoryStorage } from '@gomodkit/storage-fs';
import { openLog, recordAt } from './log.ts';

const [directory = '', ...indexes] = process.argv.slice(2);
const database = await openLog(directoryStorage(directory));
const left: number[] = indexes.map(Number);
const work = async (): Promise<void> => {
  for (let index = left.shift(); index !== undefined; index = left.shift()) {
    const [number] = await database.add([recordAt(index)]);
    process.stdout.write(`ack ${index} ${number}\n`);
  }
};
await Promise.all([work(), work(), work()]);
await database.idle();
