// A process with few file descriptors that creates and reads many objects at once. Usage: few-handles DIRECTORY

import { bytesSource } from '@gomodkit/core/storage';
import { directoryStorage } from '../src/index.ts';

const [directory = ''] = process.argv.slice(2);
const storage = directoryStorage(directory, { sync: false });
const keys = Array.from({ length: 300 }, (_, i) => `many/${i % 10}/${i}`);
const bytes = new Uint8Array(200_000).fill(7);

const created = await Promise.all(keys.map((key) => storage.create(key, bytesSource(bytes))));
const read = await Promise.all(
  keys.map(async (key) => (await new Response((await storage.get(key))?.body).arrayBuffer()).byteLength),
);
process.stdout.write(
  `${created.filter((end) => end.created).length} created, ${read.filter((size) => size === bytes.length).length} read\n`,
);
