// The version of this package, read from its own package.json so that it stands in one place.

import { readFileSync } from 'node:fs';

/** Such as `1.2.3`. */
export function version(): string {
  const manifest = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
