// What the seam `#git-program` takes and gives.

/** One run of the git program. */
export interface GitRun {
  /** The program: a name that is looked up in PATH, or a path. */
  readonly program: string;
  readonly args: readonly string[];
  /** Where it runs. */
  readonly directory: string;
  /** All that it sees of an environment, besides {@link GitRun.inherit}. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of variables that it takes over from this process where they are set. */
  readonly inherit: readonly string[];
  /** What it reads. Default: nothing, at once. */
  readonly input?: string | undefined;
  /** What it may print; what is beyond ends it. */
  readonly outputLimit: number;
  /** Sees what it prints, which then is not collected. True: enough seen, it is ended. */
  readonly onOutput?: ((chunk: Uint8Array) => boolean) | undefined;
  /** Milliseconds in all. */
  readonly total: number;
  /** Milliseconds without output, messages or growth. Default: no limit of its own. */
  readonly idle?: number | undefined;
  /** A file, or a directory without its sub-directories, that may grow by so many bytes. */
  readonly growth?: { readonly path: string; readonly bytes: number } | undefined;
  /** Resident bytes of the program and its children together, where the system tells (Linux). */
  readonly memory?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a run ended that was not cut short. */
export interface GitResult {
  /** 0 for success; null where a signal ended it. */
  readonly status: number | null;
  readonly output: Uint8Array;
  /** The first and last kilobytes of its messages. */
  readonly messages: string;
}

/** A run was cut short: which limit it met. */
export interface GitCutShort {
  readonly cut: 'total' | 'idle' | 'growth' | 'memory' | 'output';
}
