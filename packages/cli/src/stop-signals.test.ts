import { once } from 'node:events';
import { expect, test } from 'vitest';
import { stopSignals } from './stop-signals.ts';

test('any number of things under way may listen for the end, without a warning', async () => {
  const { signal, release } = stopSignals();
  for (let i = 0; i < 100; i++) signal.addEventListener('abort', () => {});
  release();
  // Warnings come in their order: the first is ours.
  const warned = once(process, 'warning');
  process.emitWarning('the end of the test');
  expect(await warned).toMatchObject([{ message: 'the end of the test' }]);
});
