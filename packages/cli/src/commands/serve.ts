// `gomodkit serve`: a GOPROXY that captures what it is asked for.

import { createHandler, createRepository, GoModKitError, type Repository } from '@gomodkit/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../config.ts';
import { messageOf } from '../report-failure.ts';
import { urlOf } from '../serve/listen-address.ts';
import { createLogger, logEvents } from '../serve/log.ts';
import { startServer } from '../serve/server.ts';
import { uploadTokens } from '../serve/upload-tokens.ts';
import { addRepositoryOptions } from '../settings/repository-options.ts';
import {
  listenAddress,
  type RepositorySettings,
  repositorySettings,
  type ServeFlags,
} from '../settings/repository-settings.ts';
import { type LogFlags, type ServedLogs, serveLogs } from '../sumdb/serve-log.ts';

/** Declares `gomodkit serve`. */
export function addServe(program: Command): void {
  addRepositoryOptions(
    program
      .command('serve')
      .summary('serve modules to go commands (GOPROXY)')
      .description(
        'Serves the GOPROXY protocol. What is asked for the first time is fetched from the upstream, checked, stored, and from then on served from storage: first capture wins, for ever.',
      ),
  )
    .option('--listen <address>', 'HOST:PORT to listen on; port 0 lets the system choose (default: 127.0.0.1:3000)')
    .option('--base-path <path>', 'serve below this path, such as /go')
    .option('--redirect-zips', 'answer .zip with a redirect to a URL that the storage signs (s3:, gs:)')
    .option('--sumdb-key-file <file>', 'also serve a checksum database of your own, signed with this key')
    .option('--event-log-key-file <file>', 'also keep a log of withdrawals and conflicts, signed with this key')
    .option('--witness <key-and-url>', 'have these logs cosigned: "NAME+HASH+KEY URL"; may be repeated', collect)
    .option('--upload-tokens <file>', 'let those publish who have a token of which this file has the hash')
    .addOption(
      new Option('--log-level <level>', 'debug has one line per request').choices([
        'silent',
        'fatal',
        'error',
        'warn',
        'info',
        'debug',
        'trace',
      ]),
    )
    .option('--grace <seconds>', 'how long running downloads may take after a stop signal', seconds, 30)
    .addHelpText(
      'after',
      `
The storage is ./modules where none is named. A directory is a plain GOPROXY file tree at every moment:
GOPROXY=file:///path/to/modules works without this server. Logs go to standard error, as JSON lines where
that is no terminal. SIGTERM or SIGINT stops accepting, finishes running downloads and exits with 0.

A line of --upload-tokens is "sha256:HEX PATTERNS": the SHA-256 of a long random token, and the module paths that it
may publish, in GOPRIVATE syntax. Clients send the token as Bearer, or as password of a netrc entry. The file is
its owner's alone (chmod 600), and read again for each upload.

With --redirect-zips clients download zips from the object store itself, so they need to reach it: by https where they come here by
https, because go follows no redirect from there to http.

Logs of your own are also served as C2SP tlog-tiles, at /log/NAME/checkpoint and /log/NAME/tile/…, for monitors.

Examples:
  gomodkit serve
  gomodkit serve --listen 0.0.0.0:8080 --storage /var/lib/gomodkit
  gomodkit serve --storage 's3://go-modules/team?region=eu-central-1' --redirect-zips
  gomodkit serve --upstream https://goproxy.example,direct --private 'git.corp.example,*.internal.example'
  gomodkit serve --upstream direct              modules from their repositories themselves
  gomodkit serve --sumdb off                    believe the upstream; go commands verify by themselves
  gomodkit serve --sumdb-key-file sumdb.key     with a log of its own (gomodkit sumdb init makes the key)
  gomodkit serve --offline                      only what is stored; nothing is fetched`,
    )
    .action(serve);
}

/** Flags of the command that are not settings. */
export interface ServeCommandFlags extends ServeFlags, LogFlags {
  readonly config?: string | undefined;
  readonly grace?: number | undefined;
  readonly uploadTokens?: string | undefined;
  readonly redirectZips?: boolean | undefined;
}

/** Serves until a signal asks it to stop; resolves when running downloads are finished and everything is closed. */
async function serve(flags: ServeCommandFlags): Promise<void> {
  const { config, file } = await loadConfig(flags.config, process.cwd());
  const log = createLogger(flags.logLevel ?? config.logLevel);
  const wanted = listenAddress(flags, config);
  const settings = await repositorySettings(flags, config, wanted);
  const direct = await settings.direct?.();
  const repository = createRepository(settings.repository);
  await checkStorage(repository, settings);
  const redirect = flags.redirectZips ?? config.redirectZips;
  if (redirect === true) await checkSigning(settings);
  logEvents(repository, log);
  const tokens = flags.uploadTokens ?? config.uploadTokens;
  const basePath = flags.basePath ?? config.basePath ?? '';
  const onError = (error: unknown): void =>
    log.error({ error: error instanceof Error ? error.stack : String(error) }, 'unexpected failure');
  const own = await serveLogs(flags, repository, settings, onError);
  const handler = createHandler({
    repository,
    basePath,
    authorize: config.authorize,
    sumdb: own.sumdb,
    logs: own.logs,
    zipRedirect: redirect,
    upload: tokens === undefined ? undefined : { authorize: await uploadTokens(tokens) },
    onError,
  });
  const server = await startServer(handler, wanted, log);
  announce(urlOf(server.address, basePath), settings, direct, file, own);
  await stopSignal();
  const stopped = server.stop((flags.grace ?? 30) * 1000);
  log.info('stopping: running downloads finish first; a second signal stops at once');
  await stopped;
  await own.close();
  await repository.close();
  await settings.close();
}

/** A storage that does not work is said now, not to the first client. */
async function checkStorage(repository: Repository, { storage }: RepositorySettings): Promise<void> {
  const failures = await repository.checkStorage();
  const first = failures[0];
  if (first === undefined) return;
  const cause = first.error.cause instanceof Error ? first.error.cause : first.error;
  const message = `the storage ${storage.name} does not work: ${first.step}: ${messageOf(cause)}`;
  throw new GoModKitError('storage_unavailable', message);
}

/** Nor one that shall sign URLs and cannot: every zip would be streamed, with a line in the log each. */
async function checkSigning({ storage: { storage, name } }: RepositorySettings): Promise<void> {
  if (storage.signedUrl === undefined)
    throw new GoModKitError('invalid_argument', `--redirect-zips: the storage ${name} signs no URLs; s3: and gs: do`);
  try {
    await storage.signedUrl('example.com/m/@v/v1.0.0.zip');
  } catch (cause) {
    const reason = cause instanceof Error ? messageOf(cause) : String(cause);
    throw new GoModKitError('invalid_argument', `--redirect-zips: the storage ${name} cannot sign URLs: ${reason}`, {
      cause,
    });
  }
}

function announce(
  url: string,
  settings: RepositorySettings,
  direct: string | undefined,
  configFile: string | undefined,
  own: ServedLogs,
): void {
  const lines = [
    `gomodkit serves ${url}`,
    `  storage   ${settings.storage.name}`,
    `  upstream  ${settings.offline ? 'none: offline' : settings.upstream}`,
    ...(direct === undefined ? [] : [`  direct    ${direct}`]),
    ...settings.notes.map((note) => `            ${note}`),
    `  sumdb     ${settings.checksums}`,
    ...own.keys.map(([prefix, key]) => `  log       ${url}${prefix}  ${key}`),
    ...(configFile === undefined ? [] : [`  config    ${configFile}`]),
    `  use it    ${own.gosumdb === undefined ? '' : `GOSUMDB=${own.gosumdb} `}GOPROXY=${url} go build ./...`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Resolves at the first SIGINT or SIGTERM; the second ends the process. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
      asked = true;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('expected seconds, such as 30');
  return value;
}
