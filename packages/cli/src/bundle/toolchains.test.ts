import { expect, test } from 'vitest';
import { toolchainModule } from './toolchains.ts';

test.each([
  ['go1.22.0.linux-arm64', 'golang.org/toolchain@v0.0.1-go1.22.0.linux-arm64'],
  ['go1.23rc1.windows-amd64', 'golang.org/toolchain@v0.0.1-go1.23rc1.windows-amd64'],
])('%s is %s', (name, module) => expect(toolchainModule(name)).toBe(module));

test('without a platform it is the one for this machine', () => {
  expect(toolchainModule('go1.26.0')).toMatch(/^golang\.org\/toolchain@v0\.0\.1-go1\.26\.0\.[a-z0-9]+-[a-z0-9]+$/);
});

test.each(['1.22.0', 'go', 'go1.x', 'go1.22.0.linux', 'go1.22.0-custom', 'go1.22.0.../x'])('%s is refused', (name) => {
  expect(() => toolchainModule(name)).toThrow(/no toolchain/);
});
