// The engine on isomorphic-git: http and https, no program.
//
// Invariants:
// - isomorphic-git speaks the protocol: lists of refs, and packs. Packs are checked, indexed and read here, within limits and by a signal
//   that the library has not.
// - It holds packs in memory. What is too large for that, and repositories of SHA-256, are for the git program: `needs_git_engine`.

import { listNames, removeFile, writeWhole } from '#isomorphic-git';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import type { EngineDriver, EngineSettings } from '../driver.ts';
import { openIsomorphicCopy } from './copy.ts';
import { listRefs } from './refs.ts';

/** Creates the engine on isomorphic-git. */
export function isomorphicDriver(settings: EngineSettings): EngineDriver {
  return {
    name: 'isomorphic-git',
    listRefs: (remote, { signal } = {}) => listRefs(settings, remote, signal),
    async createCopy(directory, objectFormat) {
      if (objectFormat !== 'sha1') {
        throw new GoModKitError('needs_git_engine', `repositories of ${objectFormat} need the git program`);
      }
      // Enough for real git to read what is there.
      await writeWhole(`${directory}/config`, [encodeUtf8('[core]\n\trepositoryformatversion = 0\n\tbare = true\n')]);
      await writeWhole(`${directory}/refs/heads/.keep`, []);
      await writeWhole(`${directory}/objects/pack/.keep`, []);
      await writeWhole(`${directory}/HEAD`, [encodeUtf8('ref: refs/heads/none\n')]);
    },
    openCopy: (directory) => openIsomorphicCopy(settings, directory),
    async repairCopy(directory) {
      for (const place of [directory, `${directory}/objects/pack`]) {
        const names = await listNames(place);
        const present = new Set(names);
        const isLeft = (name: string): boolean =>
          name.startsWith('tmp_') || (name.endsWith('.pack') && !present.has(`${name.slice(0, -5)}.idx`));
        for (const name of names.filter(isLeft)) await removeFile(`${place}/${name}`);
      }
    },
  };
}
