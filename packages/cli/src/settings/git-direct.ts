// What `direct` stands for on the command line: the git source, with what was chosen for it.

import { type Credentials, type GitSource, gitSource } from '@gomodkit/core';
import type { GitChoice } from './git-choice.ts';

/** `direct`, opened. */
export interface Direct {
  readonly source: GitSource;
  /** Which engine works and where its copies are, for people. Rejects with `unsupported` where the engine that was asked for is not here. */
  describe(): Promise<string>;
}

/** Opens it; nothing is read or written before it is asked for a module. */
export function openDirect(choice: GitChoice, credentials: Credentials | undefined): Direct {
  let version: string | undefined;
  const source = gitSource({
    ...choice,
    credentials,
    onEvent: (event) => {
      if (event.type === 'engine') version = event.version;
    },
  });
  const describe = async (): Promise<string> => {
    const engine = await source.engine();
    const name = engine === 'git' ? `the git program${version === undefined ? '' : ` ${version}`}` : engine;
    return `${name}, copies in ${choice.cache}`;
  };
  return { source, describe };
}
