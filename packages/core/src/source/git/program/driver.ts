// The engine on the git program.

import { join, makeDirectories, writeNewFile } from '#files';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import { defaultGitLimits, type EngineDriver, type EngineSettings } from '../driver.ts';
import { shown } from './connection.ts';
import { createProgramCopy } from './copy.ts';
import { excerpt } from './failure.ts';
import { type Invocation, invoke, textOf } from './invocation.ts';
import { createRefReader } from './refs.ts';
import { removeLeftovers } from './repair.ts';
import { addressHere, createTalker } from './talk.ts';

/** Options of {@link programDriver}, besides what all engines take. */
export interface ProgramOptions {
  /** The git program: a path, or a name that is looked up in PATH. Default `git`. */
  readonly program?: string | undefined;
  /** Where runs happen that need no repository: a directory that lies in none. */
  readonly scratch: string;
  /** A known_hosts file for ssh, instead of the user's. */
  readonly knownHosts?: string | undefined;
}

/** Unsets what the go command unsets: Go's zips have what git leaves out of archives (spec §6.16). */
const attributes = '\n* -export-subst -export-ignore\n';

/** Creates the engine on the git program. */
export function programDriver(settings: EngineSettings, options: ProgramOptions): EngineDriver {
  const { limits } = settings;
  const invocation: Invocation = { program: options.program ?? 'git', limits, ssh: sshCommand(options.knownHosts) };
  const talker = createTalker(invocation, settings);
  return {
    name: 'git',
    async listRefs(remote, { signal } = {}) {
      // What certificates do not vouch for, and other schemes, only git can reach.
      const isHttp = /^https?:/i.test(remote.address) && remote.insecure !== true;
      const list = isHttp ? await talker.listRefs(remote, signal) : undefined;
      if (list !== undefined) return list;
      const reader = createRefReader(shown(remote), limits.refs);
      let failed: unknown;
      await talker.talk({
        remote,
        what: 'reading its refs',
        task: {
          repository: undefined,
          directory: options.scratch,
          args: ['ls-remote', '-q', '--end-of-options', addressHere],
          outputLimit: limits.refsBytes,
          onOutput: (chunk) => {
            try {
              reader.add(chunk);
            } catch (error) {
              failed = error;
            }
            return failed !== undefined;
          },
          signal,
        },
      });
      if (failed !== undefined) throw failed;
      return reader.finish();
    },
    async createCopy(directory, objectFormat, { signal } = {}) {
      const args = ['init', '-q', '--bare', '--template=', `--object-format=${objectFormat}`, '--initial-branch=none'];
      const result = await invoke(invocation, {
        repository: undefined,
        directory: options.scratch,
        args: [...args, '--', directory],
        what: 'git init',
        signal,
      });
      if (result.status !== 0) {
        throw new GoModKitError(
          'storage_unavailable',
          `a repository cannot be made in the cache (${excerpt(result.messages)})`,
        );
      }
      await makeDirectories(join(directory, 'info'));
      await writeNewFile(join(directory, 'info', 'attributes'), [encodeUtf8(attributes)], 0o644);
    },
    openCopy: async (directory) => createProgramCopy(invocation, talker, directory),
    repairCopy: (directory) => removeLeftovers(directory),
  };
}

/**
 * git gives this to a shell. No connection is left behind for others to share, as the go command has it: it would outlive git, and hold
 * its output open.
 */
function sshCommand(knownHosts: string | undefined): string {
  const options = [
    ...['BatchMode=yes', 'ConnectTimeout=30', 'ServerAliveInterval=15', 'ServerAliveCountMax=4'],
    ...['ControlMaster=no', 'ClearAllForwardings=yes', 'PermitLocalCommand=no', 'ForwardAgent=no'],
    ...(knownHosts === undefined ? [] : [`UserKnownHostsFile=${sshFile(knownHosts)}`, 'StrictHostKeyChecking=yes']),
  ];
  return ['ssh', ...options.map((option) => `-o'${option.replaceAll("'", `'\\''`)}'`)].join(' ');
}

/** A file in the words of ssh's configuration, where blanks separate and percent signs begin tokens. */
function sshFile(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

/** git 2.32: isolation from the user's configuration (`GIT_CONFIG_GLOBAL`), `--end-of-options` and settings in the environment. */
const oldest = [2, 32] as const;

/** Whether a git program that is new enough can be run: its version, or undefined. */
export async function findProgram(options: ProgramOptions, signal?: AbortSignal): Promise<string | undefined> {
  const { program = 'git', scratch } = options;
  const invocation: Invocation = { program, limits: { ...defaultGitLimits, fetchMilliseconds: 30_000 }, ssh: '' };
  try {
    const task = { repository: undefined, directory: scratch, args: ['--version'], what: 'git --version', signal };
    const { output, status } = await invoke(invocation, task);
    const version = parseGitVersion(textOf(output));
    if (status !== 0 || version === undefined) return undefined;
    const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
    return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]) ? version : undefined;
  } catch (error) {
    if (isGoModKitError(error, 'unsupported', 'upstream_timeout')) return undefined;
    throw error;
  }
}

/** The version in what `git --version` prints: `v2.39.5`. */
export function parseGitVersion(text: string): string | undefined {
  const [, version] = /^git version (\d+\.\d+(?:\.\d+)?)/.exec(text) ?? [];
  return version === undefined ? undefined : `v${version}`;
}
