// Which Go toolchains a closure asks for (spec §10.30).
//
// What go 1.26 does with GOTOOLCHAIN=auto, tried out:
// - In a main module it runs the toolchain of the `toolchain` line or of the `go` line, whichever is newer; `go 1.23` is
//   go1.23.0, as the language version alone was never released (from 1.21 on). It asks for that `.zip` alone.
// - A dependency with a newer `go` line makes it look for the newest toolchain that will do, in `@v/list`, and ask for `.info`
//   of the linux-amd64 variant, wherever it runs; from then on the main module has that dependency's `go` line.
//
// Invariants:
// - So what is wanted of a root: the toolchains of both its lines, and of the newest `go` line in its build list.
// - Nothing is wanted that every client which knows of toolchains is: 1.21.0 and older.
// - Names with a suffix, such as go1.21.3-bigcorp, are somebody's own and come from no proxy.

import { GoModKitError } from '../../errors/error.ts';
import { compare, isLang, isValid, toolchainModule, toolchainVersion } from '../../gover/index.ts';
import type { ModuleVersion } from '../../module/index.ts';

/** Throws `invalid_argument` for what is no GOOS-GOARCH. */
export function checkPlatforms(platforms: readonly string[]): void {
  const odd = platforms.find((each) => !/^[a-z][a-z0-9]*-[a-z][a-z0-9]*$/.test(each));
  if (odd === undefined) return;
  throw new GoModKitError('invalid_argument', `"${odd}" is no platform: want GOOS-GOARCH, such as linux-amd64`);
}

/** The releases that `go` lines and `toolchain` lines ask for, without `go` before them. */
export function releasesFor(lines: {
  readonly go: Iterable<string | undefined>;
  readonly toolchain?: string | undefined;
}): ReadonlySet<string> {
  const named = lines.toolchain === undefined ? '' : ownVersion(lines.toolchain);
  const wanted = [...lines.go, named].map(releaseOf).filter((each) => each !== undefined);
  return new Set(wanted);
}

/** The release in a toolchain's name; empty for `default` and for toolchains with a suffix. */
function ownVersion(name: string): string {
  const version = toolchainVersion(name);
  return name === `go${version}` ? version : '';
}

function releaseOf(line: string | undefined): string | undefined {
  if (line === undefined || !isValid(line)) return undefined;
  const release = isLang(line) && compare(line, '1.21') >= 0 ? `${line}.0` : line;
  return compare(release, '1.21.0') <= 0 ? undefined : release;
}

/** Where a release is told of, whatever platform asks. */
const announced = 'linux-amd64';

/** The modules that a release is downloaded as. */
export function toolchainModules(
  release: string,
  platforms: readonly string[],
): {
  readonly versions: readonly ModuleVersion[];
  readonly zips: readonly ModuleVersion[];
} {
  const moduleOf = (platform: string) => ({ path: toolchainModule, version: `v0.0.1-go${release}.${platform}` });
  const zips = [...new Set(platforms)].map(moduleOf);
  return { zips, versions: [...new Set([announced, ...platforms])].map(moduleOf) };
}
