// Files of a fixture that are no files of the module: `.mod`, `.info`, `.branches`.

import { GoModKitError } from '@gomodkit/core/errors';
import { type MemoryModule, parseInfo, type VersionInfo } from '@gomodkit/core/source';
import type { ModuleFixture } from './fixture.ts';

/** Moves what the special files of `fixture` say to where it belongs; what the fixture itself says wins. */
export function applySpecialFiles(name: string, fixture: ModuleFixture): MemoryModule {
  const { '.mod': goMod, '.info': info, '.branches': branches, ...files } = fixture.files;
  return {
    ...(goMod === undefined ? {} : { goMod }),
    ...(info === undefined ? {} : readInfo(name, bytesOf(info))),
    ...(branches === undefined ? {} : { branches: linesOf(branches) }),
    ...fixture,
    files,
  };
}

function readInfo(name: string, bytes: Uint8Array): Pick<MemoryModule, 'time' | 'origin'> {
  const { version, time, origin } = parse(name, bytes);
  if (name.slice(name.indexOf('@') + 1) !== version) {
    throw new GoModKitError('invalid_argument', `${name}: its .info is about ${version}`);
  }
  return { time, origin };
}

function parse(name: string, bytes: Uint8Array): VersionInfo {
  try {
    return parseInfo(bytes);
  } catch (cause) {
    throw new GoModKitError('invalid_argument', `${name}: its .info is none: ${(cause as Error).message}`, { cause });
  }
}

function linesOf(content: string | Uint8Array): readonly string[] {
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}
