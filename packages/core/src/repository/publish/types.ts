// What publishing takes and gives.

import type { ByteSource } from '../../bytes/source.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { Origin, VersionInfo } from '../../source/source.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { ZipSourceFiles } from '../../zip/index.ts';

/**
 * What is published: a directory or files, of which the zip is made as the go command makes it (spec §7.4, §7.8), or a finished zip
 * whose entries are named `PATH@VERSION/…`.
 */
export type PublishContent =
  | { readonly directory: string }
  | { readonly files: ZipSourceFiles }
  | { readonly zip: ByteSource | ReadableStream<Uint8Array> };

/** Options of {@link Repository.publish}. */
export interface PublishOptions extends CallOptions {
  /** When the version was made, RFC 3339 or a date. Default: the time in a pseudo-version, else now. */
  readonly time?: Date | string | undefined;
  /** Where it came from, kept in `.info`. */
  readonly origin?: Origin | undefined;
}

/** A version that is published, now or before. */
export interface Published extends ModuleVersion {
  /** Whether this call made the content the version's; `false` where the very same was there already. */
  readonly created: boolean;
  /** What is stored: of the first publication, where it is not this one. */
  readonly info: VersionInfo;
  /** `h1:` sums as go.sum has them. */
  readonly sums: { readonly zip: string; readonly goMod: string };
  /** Bytes of the stored zip. */
  readonly size: number;
}

/** Publishes content as a version. */
export type Publish = (module: ModuleVersion, content: PublishContent, options: PublishOptions) => Promise<Published>;
