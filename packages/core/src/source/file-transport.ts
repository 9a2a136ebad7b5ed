// Files of a proxy in a directory (`file://`, spec §10.23).
//
// Invariants:
// - A missing file is `not_found`, one that may not be read is `denied`; anything else says what failed without naming local paths.
// - An open file is closed when its body was read, failed or was cancelled.

import { fileSource, fileURLToPath, join, readRegular } from '#files';
import { onAbort } from '../async/abort.ts';
import { type ErrorCode, GoModKitError } from '../errors/error.ts';
import type { FileSource } from '../platform/types.ts';
import type { SourceZip } from './source.ts';
import type { FetchRequest, Transport, UpstreamLimits } from './transport.ts';

/** The directory of a file URL. Throws `invalid_argument` for hosts, queries, fragments and relative paths (spec §10.5). */
export function filePathOf(url: URL): string {
  if (url.host !== '') throw badUrl('file URL specifies non-local host');
  if (url.search !== '' || url.hash !== '' || url.username !== '') throw badUrl('file URL with more than a path');
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw badUrl('file URL with a path that no file can have', error);
  }
}

/** A transport over the files below a directory. */
export function fileTransport(url: URL, name: string | undefined, limits: UpstreamLimits): Transport {
  const directory = filePathOf(url);
  // The last element tells several of them apart; the rest is nobody's business.
  const shown = name ?? `file://…/${directory.split(/[/\\]/).filter(Boolean).at(-1) ?? ''}`;
  const pathOf = ({ target }: FetchRequest): string => join(directory, ...target.split('/'));
  const failing = (request: FetchRequest) => (error: unknown) => {
    throw fileError(shown, request, error);
  };
  const checkSize = (size: number, { kind, what }: FetchRequest): void => {
    const limit = limits[kind];
    if (size <= limit) return;
    const message = `${shown}: the file for ${what} has ${size} bytes, over the limit of ${limit}`;
    throw new GoModKitError('limit_exceeded', message, { data: { limit, upstream: shown } });
  };
  return {
    name: shown,
    async open(request): Promise<SourceZip> {
      request.signal?.throwIfAborted();
      const file = await fileSource(pathOf(request)).catch(failing(request));
      try {
        checkSize(file.size, request);
      } catch (error) {
        await file.close();
        throw error;
      }
      return { size: file.size, body: closingStream(shown, file, request) };
    },
    async read(request) {
      request.signal?.throwIfAborted();
      const { size, bytes } = await readRegular(pathOf(request), limits[request.kind]).catch(failing(request));
      request.signal?.throwIfAborted();
      checkSize(size, request);
      return bytes;
    },
  };
}

function closingStream(name: string, file: FileSource, request: FetchRequest): ReadableStream<Uint8Array> {
  const reader = file.stream().getReader();
  let stopListening: () => void = () => {};
  const end = async () => {
    stopListening();
    await reader.cancel().catch(() => {});
    await file.close();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stopListening = onAbort(request.signal, (reason) => {
          controller.error(reason);
          end().catch(() => {});
        });
      },
      async pull(controller) {
        const { done, value } = await reader.read().catch(async (error: unknown) => {
          await end();
          throw fileError(name, request, error);
        });
        if (request.signal?.aborted) return;
        if (!done) {
          controller.enqueue(value);
          return;
        }
        await end();
        controller.close();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

const meanings: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['not_found', 'no such file'],
  ENOTDIR: ['not_found', 'no such file'],
  ENAMETOOLONG: ['not_found', 'no such file'],
  EACCES: ['denied', 'permission denied'],
  EPERM: ['denied', 'permission denied'],
  EISDIR: ['upstream_invalid', 'not a file'],
  EINVAL: ['upstream_invalid', 'not a file'],
};

function fileError(upstream: string, { what }: FetchRequest, error: unknown): GoModKitError {
  const code = String((error as { code?: unknown } | null)?.code);
  const [meaning, reason] = meanings[code] ?? ['upstream_unavailable', 'the file cannot be read'];
  return new GoModKitError(meaning, `${what}: ${reason} at ${upstream}`, { cause: error, data: { upstream } });
}

function badUrl(reason: string, cause?: unknown): GoModKitError {
  return new GoModKitError('invalid_argument', reason, { cause });
}
