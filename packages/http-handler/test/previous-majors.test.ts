// The same behaviour through the framework majors before the current ones, where they are installed (as `express4`, `fastify4`, `koa2`).

import { describe, it } from 'vitest';
import { previousMajors } from './setups.ts';
import { describeAdapter } from './suite.ts';

for (const { name, load } of previousMajors) {
  const setup = await load().catch(() => undefined);
  if (setup === undefined) describe(name, () => it.skip('is not installed', () => {}));
  else describeAdapter(setup);
}
