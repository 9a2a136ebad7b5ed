// `PUT …/@v/VERSION.zip`: publishing over HTTP, where the embedder wants it.
//
// Invariants:
// - There is no upload without a hook of its own that allowed it: whoever may read may not therefore write.
// - The order: shape of the request, hook, announced size, body. Nothing of the body is read for those who may not upload.
// - A body of another length than announced is no upload, whatever its bytes are.
// - Nothing of an upload that fails, is refused or is left half-way stays.

import { encodeUtf8 } from '../bytes/utf8.ts';
import { goSumLines } from '../dirhash/index.ts';
import { type ErrorCode, GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { Repository } from '../repository/repository.ts';
import { maxZipFile } from '../zip/index.ts';
import { type AccessDecision, accessRefusal } from './authorize.ts';
import { type HeaderBag, setCacheHeaders } from './cache-control.ts';
import type { HandlerRequest, HandlerResponse } from './handler.ts';
import { respondText, type TextAnswer } from './refusal.ts';

/** Decides who may publish what, before anything of the body is read. */
export type AuthorizeUpload = (
  request: HandlerRequest,
  module: ModuleVersion,
) => AccessDecision | Promise<AccessDecision>;

/** Lets clients publish with `PUT …/@v/VERSION.zip`. */
export interface UploadOptions {
  /**
   * Who may publish what. The hook that decides about reading is not asked for uploads, and there is no default: an endpoint that lets
   * everybody publish has to be written down.
   */
  readonly authorize: AuthorizeUpload;
  /** Bytes of a zip. Default 524,288,000; the repository's own limit holds as well. */
  readonly limit?: number | undefined;
}

/** When the version was made, RFC 3339; without it, now. */
const timeHeader = 'module-time';

/** Statuses of what a repository says of an upload: here the client's bytes are judged, not a source's. */
const statuses: Partial<Record<ErrorCode, number>> = {
  bad_request: 400,
  invalid_argument: 400,
  denied: 403,
  conflict: 409,
  limit_exceeded: 413,
  invalid_path: 422,
  invalid_version: 422,
  invalid_go_mod: 422,
  invalid_zip: 422,
};

/** Checks options. Throws `invalid_argument`. */
export function checkUpload(options: UploadOptions | undefined): UploadOptions | undefined {
  if (options === undefined) return undefined;
  if (typeof options.authorize !== 'function') {
    throw new GoModKitError('invalid_argument', 'upload needs an `authorize` hook of its own: say who may publish');
  }
  if (options.limit === undefined || options.limit >= 0) return options;
  throw new GoModKitError('invalid_argument', `upload.limit is ${options.limit}: want a number of at least 0`);
}

/** Publishes what a request carries. Rejects with what {@link uploadRefusal} knows, and with what storage fails with. */
export async function upload(
  repository: Repository,
  options: UploadOptions,
  module: ModuleVersion,
  request: HandlerRequest,
): Promise<HandlerResponse> {
  const access = await askHook(options, module, request);
  // Compared with true: a hook in plain JavaScript that says nothing or nonsense lets nobody in.
  if (access.allow !== true) return respondText(accessRefusal(access), 'private', false);
  const limit = options.limit ?? maxZipFile;
  const announced = announcedLength(request);
  if (announced !== undefined && announced > limit) throw tooLarge(limit);
  // RFC 9110 §14.5: a part of a zip would be stored as the whole of it.
  if (request.headers.get('content-range') !== null)
    throw new GoModKitError('bad_request', 'an upload is whole: no Content-Range');
  const time = request.headers.get(timeHeader) ?? undefined;
  const { body, signal } = request;
  if (body === undefined || body === null)
    throw new GoModKitError('bad_request', 'an upload carries the zip as its body');
  const zip = counted(body, announced, limit);
  const { created, sums } = await repository.publish(module, { zip }, { time, signal });
  const sumLines = encodeUtf8(goSumLines(module, sums));
  const headers: HeaderBag = { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(sumLines.length) };
  setCacheHeaders(headers, 'private', 'no-store');
  return { status: created ? 201 : 200, headers, body: sumLines };
}

/** The answer to an upload that a repository refused; undefined for faults. */
export function uploadRefusal(error: unknown): TextAnswer | undefined {
  const status = isGoModKitError(error) ? statuses[error.code] : undefined;
  return status === undefined ? undefined : { status, text: (error as Error).message, cache: 'no-store' };
}

async function askHook(
  { authorize }: UploadOptions,
  module: ModuleVersion,
  request: HandlerRequest,
): Promise<AccessDecision> {
  try {
    return await authorize(request, module);
  } catch (cause) {
    // Whatever the hook threw, its text is not for the client.
    throw new Error('the authorize hook of uploads failed', { cause });
  }
}

function announcedLength({ headers }: HandlerRequest): number | undefined {
  const text = headers.get('content-length');
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new GoModKitError('bad_request', 'Content-Length is no number');
}

function tooLarge(limit: number): GoModKitError {
  return new GoModKitError('limit_exceeded', `the zip is larger than the ${limit} bytes that may be uploaded`, {
    data: { limit },
  });
}

/** The body, failing where it is longer than it may be or has another length than announced. */
function counted(
  body: ReadableStream<Uint8Array>,
  announced: number | undefined,
  limit: number,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let size = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch((cause: unknown) => {
          throw isGoModKitError(cause)
            ? cause
            : new GoModKitError('bad_request', 'the body did not come whole', { cause });
        });
        if (done) {
          if (announced === undefined || size === announced) return controller.close();
          throw new GoModKitError('bad_request', `the body has ${size} bytes, and Content-Length says ${announced}`);
        }
        size += value.length;
        if (size <= Math.min(limit, announced ?? limit)) return controller.enqueue(value);
        const error =
          size > limit
            ? tooLarge(limit)
            : new GoModKitError(
                'bad_request',
                `the body is longer than the ${announced} bytes that Content-Length says`,
              );
        reader.cancel(error).catch(() => {});
        throw error;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
