// `gomodkit mod`: prints and edits go.mod and go.work files, as `go mod edit` and `go work edit` do, without a go command.
//
// Invariants:
// - The text that is written is the go command's, to the byte, comments and all.
// - A file that does not parse stays as it is, and every problem in it is said.
// - `--module`, `--go` and `--toolchain` come first, all other edits in the order of the command line.

import { GoModKitError, isGoModKitError, modfile } from '@gomodkit/core';
import { type Command, InvalidArgumentError } from 'commander';
import { checkModulePath, type Edit, type EditFlag, editFlags } from '../mod/edit-flags.ts';
import { goModJson, goWorkJson } from '../mod/go-json.ts';
import { replaceFile } from '../mod/replace-file.ts';
import { readArgument } from '../read-argument.ts';

/** Declares `gomodkit mod`. */
export function addMod(program: Command): void {
  const command = program
    .command('mod')
    .summary('print or edit a go.mod or go.work')
    .description(
      'Prints a go.mod or go.work (a file whose name ends in .work) as JSON, or edits it, with the results of go mod edit and go work edit. Looks nothing up: versions are written as they are given.',
    )
    .argument('[file]', 'the file', 'go.mod')
    .option('--json', 'print the result as JSON, as go mod edit -json does, and write nothing')
    .option('--print', 'print the result, and write nothing')
    .option('--fmt', 'format the file, which every edit does as well')
    .option('--module <path>', 'set the module path')
    .option('--go <version>', 'set the version of Go; "none" drops it')
    .option('--toolchain <name>', 'set the toolchain; "none" drops it');
  const edits: Edit[] = [];
  for (const each of editFlags) {
    command.option(`--${each.name} <${each.takes}>`, each.about, (value: string) => {
      edits.push({ ...readValue(each, value), flag: `--${each.name}` });
      return value;
    });
  }
  command
    .addHelpText(
      'after',
      `
Edits may be repeated and are made in the order given. The file is replaced in one step, or not at all.

Examples:
  gomodkit mod go.mod --json
  gomodkit mod --require example.com/lib@v1.3.0 --drop-replace example.com/lib
  gomodkit mod --replace example.com/lib=../lib --print
  gomodkit mod go.work --use ./cmd --go 1.24.0`,
    )
    .action((file: string, flags: ModFlags) => mod(file, flags, edits));
}

/** Flags of `gomodkit mod` that are not edits in order. */
export interface ModFlags {
  readonly json?: boolean | undefined;
  readonly print?: boolean | undefined;
  readonly fmt?: boolean | undefined;
  readonly module?: string | undefined;
  readonly go?: string | undefined;
  readonly toolchain?: string | undefined;
}

function readValue({ read }: EditFlag, value: string): Omit<Edit, 'flag'> {
  try {
    return read(value);
  } catch (error) {
    if (isGoModKitError(error)) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

async function mod(path: string, flags: ModFlags, edits: readonly Edit[]): Promise<void> {
  if (flags.json && flags.print) throw invalid('--json and --print do not go together');
  if (Object.keys(flags).length === 0)
    throw invalid(
      'nothing to do: --json or --print shows the file, --fmt formats it, gomodkit mod --help has the edits',
    );
  if (flags.module !== undefined) about('--module', () => checkModulePath(flags.module ?? ''));
  const before = await readArgument(path);
  const isWork = path.endsWith('.work');
  const { json, text } = isWork ? editWork(path, before, flags, edits) : editMod(path, before, flags, edits);
  if (flags.json) process.stdout.write(json());
  else if (flags.print) process.stdout.write(text);
  else if (!Buffer.from(before).equals(text)) await replaceFile(path, before, text);
}

/** What came out. */
interface Result {
  readonly json: () => string;
  readonly text: Uint8Array;
}

function editMod(path: string, data: Uint8Array, flags: ModFlags, edits: readonly Edit[]): Result {
  const editor = parsed(path, () => modfile.editGoMod(data, { name: path }));
  if (flags.module !== undefined) editor.addModuleStmt(flags.module);
  editVersions(editor, flags);
  for (const { flag, goMod } of edits) {
    if (goMod === undefined) throw invalid(`${flag} is for go.work files`);
    about(flag, () => goMod(editor));
  }
  editor.sortBlocks().cleanup();
  return { json: () => goModJson(editor.goMod), text: modfile.formatBytes(editor.goMod) };
}

function editWork(path: string, data: Uint8Array, flags: ModFlags, edits: readonly Edit[]): Result {
  if (flags.module !== undefined) throw invalid('--module is for go.mod files');
  const editor = parsed(path, () => modfile.editGoWork(data, { name: path }));
  editVersions(editor, flags);
  for (const { flag, goWork } of edits) {
    if (goWork === undefined) throw invalid(`${flag} is for go.mod files`);
    about(flag, () => goWork(editor));
  }
  editor.sortBlocks().cleanup();
  return { json: () => goWorkJson(editor.goWork), text: modfile.formatBytes(editor.goWork) };
}

function editVersions(editor: modfile.GoModEditor | modfile.GoWorkEditor, { go, toolchain }: ModFlags): void {
  if (go === 'none') editor.dropGoStmt();
  else if (go !== undefined) about('--go', () => editor.addGoStmt(go));
  if (toolchain === 'none') editor.dropToolchainStmt();
  else if (toolchain !== undefined) about('--toolchain', () => editor.addToolchainStmt(toolchain));
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isGoModKitError(error, 'invalid_go_mod')) throw error;
    throw new GoModKitError('invalid_go_mod', `errors parsing ${path}:\n${error.message}`, { cause: error });
  }
}

/** Says which flag an error is about. */
function about(flag: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    throw new GoModKitError('invalid_argument', `${flag}: ${error.message}`, { cause: error });
  }
}

function invalid(message: string): GoModKitError {
  return new GoModKitError('invalid_argument', message);
}
