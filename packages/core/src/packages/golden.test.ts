// Golden packages: testdata/*.txtar, some rules each. What they expect is what the go command printed for the same files.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPackageCase } from '../../test/package-cases.ts';
import { formatWhy, why, whyModules } from './index.ts';

const testdata = new URL('testdata/', import.meta.url);

describe.each(readdirSync(testdata))('%s', (name) => {
  const { main, options, ask, want } = readPackageCase(readFileSync(new URL(name, testdata), 'utf8'));

  it('has the reasons for modules that go mod why -m prints', async () => {
    expect(formatWhy(await whyModules(main, ask.modules, options), 'module')).toBe(want.modules);
  });

  it('has the reasons for packages that go mod why prints', async () => {
    expect(formatWhy(await why(main, ask.packages, options), 'package')).toBe(want.packages);
  });
});
