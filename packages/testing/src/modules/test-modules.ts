// How tests write modules down.
//
// Invariants:
// - A module is named by its real `PATH@VERSION`, in objects and in txtar texts.
// - What is wrong with a fixture is said before anything is served.

import { GoModKitError } from '@gomodkit/core/errors';
import type { MemoryModule } from '@gomodkit/core/source';
import { parseTxtar } from '@gomodkit/core/txtar';
import type { ModuleFiles, ModuleFixture } from './fixture.ts';
import { applySpecialFiles } from './special-files.ts';

/** One module version: its files, the same as a txtar text, or a fixture. */
export type TestModule = ModuleFiles | ModuleFixture | string;

/** Module versions by `PATH@VERSION`, or one txtar text with all of them, whose files are named `PATH@VERSION/FILE`. */
export type TestModules = Readonly<Record<string, TestModule>> | string;

/** As core's `memorySource` takes them. Throws `invalid_argument` for what is no fixture. */
export function toMemoryModules(modules: TestModules): Record<string, MemoryModule> {
  const named = typeof modules === 'string' ? splitTxtar(modules) : modules;
  const entries = Object.entries(named).map(([name, module]) => [name, applySpecialFiles(name, toFixture(module))]);
  return Object.fromEntries(entries);
}

function toFixture(module: TestModule): ModuleFixture {
  if (typeof module === 'string') return { files: filesOf(module) };
  return isFixture(module) ? module : { files: module };
}

/** A file named `files` is text or bytes; the member of a fixture is neither. */
function isFixture(module: ModuleFiles | ModuleFixture): module is ModuleFixture {
  return typeof module.files === 'object' && !(module.files instanceof Uint8Array);
}

function filesOf(text: string): Record<string, string> {
  return Object.fromEntries(parseTxtar(text).files.map(({ name, data }) => [name, data]));
}

/** Sorts the files of one txtar text into the modules whose names they begin with. */
function splitTxtar(text: string): Record<string, ModuleFiles> {
  const modules: Record<string, Record<string, string>> = {};
  for (const { name, data } of parseTxtar(text).files) {
    const parts = /^(?<module>[^@]+@[^/]+)\/(?<file>.+)$/.exec(name)?.groups;
    const { module = '', file = '' } = parts ?? {};
    if (module === '') {
      throw new GoModKitError(
        'invalid_argument',
        `the txtar file ${JSON.stringify(name)} belongs to no module: name it PATH@VERSION/FILE, such as example.com/a@v1.0.0/go.mod`,
      );
    }
    modules[module] = { ...modules[module], [file]: data };
  }
  return modules;
}
