// A process that captures until it is done or killed: GATE STORE UPSTREAM WANTED…
//
// It begins when the file GATE is there, so that many can be started ahead of time: starting takes longer than capturing.

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRepository, upstreamSource } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';

const [gate = '', store = '', upstream = '', ...wanted] = process.argv.slice(2);
while (!existsSync(gate)) await sleep(2);
const storage = directoryStorage(store);
const repository = createRepository({ storage, source: upstreamSource(upstream), sumdb: 'off' });
for await (const { type } of repository.capture(wanted)) if (type === 'done') process.stdout.write('done\n');
await repository.close();
await storage.close?.();
