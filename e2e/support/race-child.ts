// A process that races for keys: GATE WRITER PLACE. The file GATE says when the race begins, by the clock of the machine; it prints the
// indexes that it won.

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesSource } from '@gomodkit/core';
import { inParallel } from './parallel.ts';
import { raceContent, raceKey, raceKeys, raceStart } from './race-content.ts';
import { openPlace, parsePlace } from './storage-place.ts';

const [gate = '', writer = '', place = ''] = process.argv.slice(2);
const storage = await openPlace(parsePlace(place));
// What is opened lazily, and the probe of the endpoint, come before the race.
await storage.create(`warm-up/${writer}`, bytesSource(new Uint8Array(1)));
process.stdout.write('ready\n');
while (!existsSync(gate)) await sleep(2);
const begin = Number(readFileSync(gate, 'utf8'));

const indexes = Array.from({ length: raceKeys }, (_, index) => index);
const won = await inParallel(indexes, 16, async (index) => {
  await sleep(Math.max(0, raceStart(begin, index) - Date.now()));
  const { created } = await storage.create(raceKey(index), bytesSource(raceContent(Number(writer), index)));
  return created;
});
process.stdout.write(`won ${indexes.filter((index) => won[index]).join(' ')}\n`);
await storage.close?.();
process.exit();
