// How git is called: what it sees of the world, and what it may cost.
//
// Invariants (spec §6.1, §6.2, §6.20):
// - No configuration, attributes or filter drivers of the user or the system, no hooks, no prompts, no maintenance in the background.
// - Settings travel in the environment, where other users of the machine cannot read them as they can arguments.
// - Local work has no protocol that it could reach the network with.

import { dirname } from '#files';
import { nullDevice, runGit } from '#git-program';
import { decodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import type { GitResult } from '../../../platform/git-program.types.ts';
import type { GitLimits } from '../driver.ts';

/** A setting of git's: name and value. Names may come more than once. */
export type GitSetting = readonly [name: string, value: string];

/** What every run has in common. */
export interface Invocation {
  readonly program: string;
  readonly limits: GitLimits;
  /** The value of GIT_SSH_COMMAND. */
  readonly ssh: string;
}

/** What is run. */
export interface GitTask {
  /** The bare repository; undefined where there is none. */
  readonly repository: string | undefined;
  /** Where it runs: a directory that lies in no repository. */
  readonly directory: string;
  readonly args: readonly string[];
  readonly settings?: readonly GitSetting[] | undefined;
  /** Protocols that may be used. Default: none. */
  readonly protocols?: readonly string[] | undefined;
  readonly input?: string | undefined;
  /** Bytes of output. Default 64 MiB. */
  readonly outputLimit?: number | undefined;
  readonly onOutput?: ((chunk: Uint8Array) => boolean) | undefined;
  readonly growth?: { readonly path: string; readonly bytes: number } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is done, for messages. */
  readonly what: string;
}

/** Paths, locales and temporary directories of the machine; the agent with the keys; proxies and certificates. */
const inherit: readonly string[] = [
  ...['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'ComSpec', 'PATHEXT', 'windir'],
  ...['SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'USER', 'LOGNAME'],
  ...['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY'],
];

/** Bounded memory: windows and caches small, threads few. `core.bigFileThreshold` stays: beyond it, git archive converts nothing. */
const alwaysSet: readonly GitSetting[] = [
  ['core.hooksPath', nullDevice],
  ['core.attributesFile', nullDevice],
  ['core.excludesFile', nullDevice],
  ['core.fsmonitor', 'false'],
  ['core.packedGitWindowSize', '8m'],
  ['core.packedGitLimit', '64m'],
  ['core.deltaBaseCacheLimit', '32m'],
  ['core.logAllRefUpdates', 'false'],
  ['credential.helper', ''],
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.unpackLimit', '1'],
  ['gc.auto', '0'],
  // Marks are read as files.
  ['init.defaultRefFormat', 'files'],
  ['maintenance.auto', 'false'],
  ['http.followRedirects', 'false'],
  ['pack.threads', '2'],
  ['pack.windowMemory', '32m'],
  ['protocol.version', '2'],
  ['safe.directory', '*'],
  ['transfer.unpackLimit', '1'],
];

/**
 * Runs git and resolves to how it ended, whatever its status. Rejects with the signal's reason, `upstream_timeout` for the limits of
 * time, `limit_exceeded` for the others.
 */
export async function invoke(invocation: Invocation, task: GitTask): Promise<GitResult> {
  const { limits, program } = invocation;
  const { outputLimit = 64 * 2 ** 20 } = task;
  const ended = await runGit({
    program,
    args: task.args,
    directory: task.directory,
    environment: environmentOf(task, invocation),
    inherit,
    input: task.input,
    outputLimit,
    onOutput: task.onOutput,
    total: limits.fetchMilliseconds,
    idle: task.protocols === undefined ? undefined : limits.idleMilliseconds,
    growth: task.growth,
    memory: limits.processMemory,
    signal: task.signal,
  });
  if (!('cut' in ended)) return ended;
  if (ended.cut !== 'idle' && ended.cut !== 'total') {
    const limit = { growth: task.growth?.bytes, memory: limits.processMemory, output: outputLimit }[ended.cut];
    const of = ended.cut === 'memory' ? ' of memory' : '';
    const message = `${task.what}: more than the limit of ${limit} bytes${of}`;
    throw new GoModKitError('limit_exceeded', message, { data: { limit } });
  }
  const [milliseconds, missing] =
    ended.cut === 'idle' ? [limits.idleMilliseconds, 'no progress'] : [limits.fetchMilliseconds, 'no end'];
  const message = `${task.what}: ${missing} within ${milliseconds / 1000} s`;
  throw new GoModKitError('upstream_timeout', message, { data: { transient: true } });
}

/** Whoever watches git may be killed; then it ends by itself when a server says nothing for twice the time that is left to it here. */
function patience({ idleMilliseconds }: GitLimits): readonly GitSetting[] {
  const seconds = Math.ceil((2 * idleMilliseconds) / 1000);
  return [
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', `${Math.min(seconds, 2 ** 31 - 1)}`],
  ];
}

function environmentOf(task: GitTask, { limits, ssh }: Invocation): Record<string, string> {
  const settings = [...alwaysSet, ...patience(limits), ...(task.settings ?? [])];
  return {
    LC_ALL: 'C',
    HOME: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: nullDevice,
    GIT_CONFIG_GLOBAL: nullDevice,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    SSH_ASKPASS_REQUIRE: 'never',
    GCM_INTERACTIVE: 'never',
    GIT_SSH_COMMAND: ssh,
    GIT_SSH_VARIANT: 'ssh',
    GIT_ALLOW_PROTOCOL: task.protocols?.join(':') ?? 'none',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_FLUSH: '0',
    ...(task.repository === undefined
      ? { GIT_CEILING_DIRECTORIES: dirname(task.directory) }
      : { GIT_DIR: task.repository }),
    GIT_CONFIG_COUNT: `${settings.length}`,
    ...Object.fromEntries(
      settings.flatMap(([name, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, name],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
  };
}

/** Output of git as text; bytes that are not UTF-8 become U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
