// Which engine works in a cache.

import { GoModKitError } from '../../../errors/error.ts';
import type { EngineDriver } from '../driver.ts';
import { isomorphicDriver } from '../isomorphic/driver.ts';
import { findProgram, programDriver } from '../program/driver.ts';
import type { CacheSettings } from './options.ts';

/** Chooses the engine, and tells which. Rejects with `unsupported` where it cannot be had. */
export async function chooseEngine(settings: CacheSettings, scratch: string): Promise<EngineDriver> {
  const { engine, knownHosts, program } = settings;
  if (engine !== 'isomorphic') {
    const version = await findProgram({ program, scratch });
    if (version !== undefined) {
      settings.tell({ type: 'engine', engine: 'git', version });
      return programDriver(settings, { program, knownHosts, scratch });
    }
    if (engine === 'git') {
      const message = `the git program, at least 2.32, cannot be run as ${program}; install it, or use isomorphic-git`;
      throw new GoModKitError('unsupported', message);
    }
  }
  settings.tell({ type: 'engine', engine: 'isomorphic-git' });
  return isomorphicDriver(settings);
}
