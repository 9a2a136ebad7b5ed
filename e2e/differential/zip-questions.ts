// What core says about files and zips, in the shape in which tools/godiff says it.

import { isGoModKitError } from '@gomodkit/core/errors';
import {
  bytesSource,
  type CheckedFiles,
  checkZip,
  type ModuleVersion,
  sourceFile,
  verifyZip,
  type ZipSourceFile,
} from '@gomodkit/core/zip';
import type { Answer, QuestionFile } from './go-oracle.ts';

/** The verdicts about files; empty text for no error. */
export interface Checked {
  readonly valid: readonly string[];
  readonly omitted: readonly { readonly path: string; readonly error: string }[];
  readonly invalid: readonly { readonly path: string; readonly error: string }[];
  readonly sizeError: string;
}

/** What the operation checkZip answers. */
export interface ZipVerdict {
  readonly checked: Checked | null;
  /** Of all entries; empty where one cannot be read. */
  readonly h1: string;
  readonly unzipped: boolean;
  /** The h1 of what was extracted. */
  readonly tree: string;
  readonly refusal: string;
}

/** What the operation createZip answers. */
export interface CreatedZip {
  readonly h1: string;
  /** Base64. */
  readonly zip: string;
}

/** The value of an answer that has one. */
export function answered<Value>(answer: Answer | undefined): Value {
  if (answer?.value === undefined) throw new Error(`godiff gave no value: ${answer?.error}`);
  return answer.value as Value;
}

/** The files of a question as core takes them. */
export function sourceFiles(files: readonly QuestionFile[]): ZipSourceFile[] {
  return files.map(({ name, kind, data, size = data.length }) => ({ ...sourceFile(name, data), kind, size }));
}

/** Core's verdicts in Go's shape. */
export function checkedOf({ valid, omitted, invalid, sizeError = '' }: CheckedFiles): Checked {
  return { valid, omitted, invalid, sizeError };
}

/** What a promise gives, or undefined when core refuses; a bug is thrown. */
export async function unlessRefused<T>(call: Promise<T>): Promise<{ readonly value?: T; readonly refusal?: string }> {
  try {
    return { value: await call };
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return { refusal: `${error.code}: ${error.message}` };
  }
}

/** Whether Go takes a zip: it has an h1 and can be extracted. */
export function isAccepted({ h1, unzipped }: ZipVerdict): boolean {
  return h1 !== '' && unzipped;
}

/** Core's counterpart of the operation checkZip. */
export async function verdictOf(
  module: ModuleVersion,
  zip: Uint8Array,
): Promise<{
  readonly checked: Checked | null;
  readonly h1: string | undefined;
  readonly refusal: string | undefined;
}> {
  const source = bytesSource(zip);
  const checked = await unlessRefused(checkZip(module, source));
  const verified = await unlessRefused(verifyZip(module, source));
  return {
    checked: checked.value === undefined ? null : checkedOf(checked.value),
    h1: verified.value?.h1,
    refusal: verified.refusal,
  };
}
