// One round through the built packages, on whatever runtime runs it: a cold zip is made, checked, stored and served over Fetch.
// `pnpm check:runtimes` runs it on every supported Node, and on Bun and Deno. It ends with an error when an answer is not as expected.

import { createHandler, createRepository, dirhash, memorySource, memoryStorage, zip } from '@gomodkit/core';
import { toFetch } from '@gomodkit/http-handler/fetch';

const module = { path: 'example.com/m', version: 'v1.0.0' };
const source = memorySource({
  'example.com/m@v1.0.0': { files: { 'go.mod': 'module example.com/m\n', 'm.go': 'package m\n' } },
});
const serve = toFetch(createHandler({ repository: createRepository({ storage: memoryStorage(), source }) }));

async function expectAnswer(path, status, check) {
  const response = await serve(new Request(`http://127.0.0.1${path}`));
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.status !== status || !(await check(bytes)))
    throw new Error(`${path}: ${response.status} ${new TextDecoder().decode(bytes)}`);
}

const text = (expected) => (bytes) => new TextDecoder().decode(bytes) === expected;
const h1 = 'h1:fCHMqo5ggHEQvwcrsN81zr5orRk5lClR36KRHpfUjKg=';

await expectAnswer('/example.com/m/@v/list', 200, text('v1.0.0\n'));
await expectAnswer('/example.com/m/@v/v1.0.0.mod', 200, text('module example.com/m\n'));
await expectAnswer('/example.com/m/@v/v1.0.0.zip', 200, async (bytes) => {
  const verified = await zip.verifyZip(module, new Blob([bytes]));
  return verified.files === 2 && verified.h1 === (await dirhash.hashZip(new Blob([bytes]))) && verified.h1 === h1;
});
await expectAnswer('/example.com/none/@v/list', 404, text('not found: module example.com/none: no such module\n'));
console.log('all answers as expected');
