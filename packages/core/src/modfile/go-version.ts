// What stands behind `go` and `toolchain` (spec §9.12, §9.13).

// JavaScript's `$` without the m flag is the very end, as Go's.
const goVersion = /^[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?$/;

/** Whether a `go` directive may name `version`, which is without `go`. */
export function isGoVersion(version: string): boolean {
  return goVersion.test(version);
}

// Looser than the versions of Go there are, so that names of later kinds pass.
const toolchainName = /^(?:default$|go1(?:$|\.))/;

/** Whether a `toolchain` directive may have `name`. */
export function isToolchainName(name: string): boolean {
  return toolchainName.test(name);
}
