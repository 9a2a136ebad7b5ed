import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('runs under node:test', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gomodkit-conformance-'));
  try {
    const here = fileURLToPath(new URL('./', import.meta.url));
    const tsx = import.meta.resolve('tsx');
    const file = join(directory, 'suite.test.mjs');
    await writeFile(
      file,
      `import { describe, it } from 'node:test';
import { describeStorage } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
import { memoryStorage } from ${JSON.stringify(new URL('../memory.ts', import.meta.url).href)};
describeStorage('memory', { open: () => memoryStorage(), limits: { bigBytes: 200_000 } }, { describe, it });
`,
    );
    const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
    const args = ['--conditions=@gomodkit/source', '--import', tsx, '--test-reporter=tap', file];
    const { stdout } = await run(process.execPath, args, { cwd: here, env });
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(60);
  } finally {
    await rm(directory, { recursive: true });
  }
});
