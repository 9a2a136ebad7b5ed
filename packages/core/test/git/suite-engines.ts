// Which engines the shared suites run on.

/** Names as `gitRepositories` takes them. */
export const suiteEngines = ['git', 'isomorphic'] as const;
