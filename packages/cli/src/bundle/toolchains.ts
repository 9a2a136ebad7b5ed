// Go toolchains by the names that people have for them (spec §10.30).

import { GoModKitError, gover } from '@gomodkit/core';

/** Node's names of platforms where Go has others. */
const systems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };
const machines: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  ppc64: 'ppc64le',
  mipsel: 'mipsle',
  loong64: 'loong64',
};

/** `MODULE@VERSION` of `go1.22.0`, of this platform, or of `go1.22.0.linux-arm64`. Throws `invalid_argument`. */
export function toolchainModule(name: string): string {
  const [, release, platform = thisPlatform()] =
    /^(go\d[^-]*?)(?:\.([a-z][a-z0-9]*-[a-z][a-z0-9]*))?$/.exec(name) ?? [];
  if (release === undefined || !gover.isValid(release.slice(2)))
    throw new GoModKitError('invalid_argument', `"${name}" is no toolchain: want go1.22.0 or go1.22.0.linux-amd64`);
  return `golang.org/toolchain@v0.0.1-${release}.${platform}`;
}

function thisPlatform(): string {
  const { platform, arch } = process;
  return `${systems[platform] ?? platform}-${machines[arch] ?? arch}`;
}
