// Everything that a go command reads from its environment, so that it sees a test's proxy and nothing of the machine's settings.
//
// Invariants:
// - Nothing of the caller's environment comes through but PATH, where temporary files go, what Windows needs to start programs, and the
//   build cache.
// - Each environment has a module cache of its own.

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from './temp-directory.ts';

/** Options of {@link goEnvironment}. */
export interface GoEnvironmentOptions {
  /** GOPROXY: a URL or a list. */
  readonly goproxy: string;
  /**
   * GOCACHE, where the go command keeps what it has compiled. Default: the user's own, as its entries are addressed by their content
   * and compiling the standard library anew takes long.
   */
  readonly buildCache?: string | undefined;
  /** Variables to add or to replace. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/** Variables for a go command, and the directories that they name. */
export interface GoEnvironment {
  /** The whole environment: give it to `spawn` as it is. */
  readonly variables: Readonly<Record<string, string>>;
  /** Removes the directories. Idempotent. */
  close(): Promise<void>;
}

/**
 * A hermetic environment for the go command, with an empty module cache.
 *
 * @example
 * ```ts
 * import { goCommand, goEnvironment } from '@gomodkit/testing';
 *
 * const environment = goEnvironment({ goproxy: 'http://127.0.0.1:3000' });
 * await goCommand(['mod', 'download', 'example.com/a@v1.0.0'], { env: environment.variables });
 * await environment.close();
 * ```
 */
export function goEnvironment(options: GoEnvironmentOptions): GoEnvironment {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gomodkit-go-')));
  chmodSync(root, 0o700);
  const home = join(root, 'home');
  disableTelemetry(home);
  const variables = {
    ...inherited(),
    HOME: home,
    USERPROFILE: home,
    GOENV: 'off',
    GOPROXY: options.goproxy,
    GOSUMDB: 'off',
    GOPRIVATE: '',
    GONOPROXY: '',
    GONOSUMDB: '',
    GOINSECURE: '',
    GOAUTH: 'off',
    GOVCS: '*:off',
    GOWORK: 'off',
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-mod=mod',
    GOPATH: join(root, 'gopath'),
    GOMODCACHE: join(root, 'modcache'),
    GOCACHE: options.buildCache ?? userBuildCache(),
    GIT_TERMINAL_PROMPT: '0',
    ...options.variables,
  };
  return { variables, close: () => removeTree(root) };
}

/** The go command counts its uses in the home directory, from a process of its own that may outlive it. */
function disableTelemetry(home: string): void {
  const directories = [
    join(home, '.config'),
    join(home, 'Library', 'Application Support'),
    join(home, 'AppData', 'Roaming'),
  ];
  for (const directory of directories) {
    mkdirSync(join(directory, 'go', 'telemetry'), { recursive: true });
    writeFileSync(join(directory, 'go', 'telemetry', 'mode'), 'off\n');
  }
}

function inherited(): Record<string, string> {
  const names = ['PATH', 'Path', 'SystemRoot', 'PATHEXT', 'COMSPEC', 'TMPDIR', 'TEMP', 'TMP'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Where the go command keeps its build cache by default. */
function userBuildCache(): string {
  const { GOCACHE, LocalAppData, XDG_CACHE_HOME } = process.env;
  if (GOCACHE !== undefined && GOCACHE !== '' && GOCACHE !== 'off') return GOCACHE;
  const home = homedir();
  if (process.platform === 'win32') return join(LocalAppData ?? join(home, 'AppData', 'Local'), 'go-build');
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'go-build');
  return join(XDG_CACHE_HOME ?? join(home, '.cache'), 'go-build');
}
