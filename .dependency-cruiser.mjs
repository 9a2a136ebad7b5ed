// Who may import whom (CONTRIBUTING, "Packages and directions"). Tests are free to import anything.

const core = '^packages/core/src';
const test = '\\.test\\.ts$|/testdata/|/test/';

/** Packages of the workspace that `from` must not import at run time. */
const onlyImports = (from, allowed) => ({
  name: `${from}-imports-only-${allowed.join('-')}`,
  severity: 'error',
  from: { path: `^packages/${from}/src`, pathNot: test },
  to: { path: '^packages/', pathNot: `^packages/(${[from, ...allowed].join('|')})/` },
});

/** Folders of core that `from` must not import. Lower layers know nothing of higher ones. */
const layer = (from, above) => ({
  name: `core-${from.replaceAll('|', '-')}-is-below`,
  comment:
    'Go rules know nothing of storage, storage nothing of sources, sources nothing of graphs, graphs nothing of packages, packages nothing of repositories, none of protocol.',
  severity: 'error',
  from: { path: `${core}/(${from})/`, pathNot: test },
  to: { path: `${core}/(${above})/` },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: { path: '^packages' }, to: { circular: true } },
    {
      name: 'no-unresolved',
      severity: 'error',
      // bin/ loads what is built, which a fresh clone does not have.
      from: { path: '^packages/[^/]+/src' },
      to: { couldNotResolve: true, pathNot: '^#' },
    },
    {
      name: 'no-tests-from-source',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: test },
      to: { path: test },
    },
    {
      name: 'no-undeclared',
      comment: 'What a package needs at run time stands in its dependencies or peerDependencies.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: test },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    onlyImports('core', []),
    onlyImports('storage-fs', ['core']),
    onlyImports('storage-s3', ['core']),
    onlyImports('storage-gcs', ['core']),
    onlyImports('http-handler', ['core']),
    onlyImports('testing', ['core', 'http-handler']),
    {
      name: 'core-runs-anywhere',
      comment: 'Node and what replaces it elsewhere meet in platform/, chosen by the imports map.',
      severity: 'error',
      from: { path: core, pathNot: `${test}|${core}/platform/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-outside-libraries',
      severity: 'error',
      from: { path: core, pathNot: `${test}|${core}/platform/|${core}/protocol/range-policy|${core}/bundle/tar` },
      to: { dependencyTypes: ['npm'] },
    },
    layer(
      'errors|bytes|gotext|semver|gover|module|modfile|txtar|async|cache',
      'zip|dirhash|gosum|storage|series|sumdb|source|graph|packages|repository|protocol|bundle|maintenance',
    ),
    layer(
      'zip|dirhash|gosum|platform',
      'storage|series|sumdb|source|graph|packages|repository|protocol|bundle|maintenance',
    ),
    layer('storage|series', 'sumdb|source|graph|packages|repository|protocol|bundle|maintenance'),
    layer('sumdb', 'source|graph|packages|repository|protocol|bundle|maintenance'),
    layer('source', 'graph|packages|repository|protocol|bundle|maintenance'),
    layer('graph', 'packages|repository|protocol|bundle|maintenance'),
    layer('packages', 'repository|protocol|bundle|maintenance'),
    layer('repository', 'protocol|bundle|maintenance'),
    layer('bundle|maintenance', 'protocol'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Our own builds; libraries keep their entry points in folders of that name, too.
    exclude: { path: '^(packages/[^/]+|bench|e2e)/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@gomodkit/source', 'node', 'import', 'types', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
