/**
 * Who may import whom. `npm run boundaries` checks it, `npm test` too; the picture is in CONTRIBUTING.md.
 *
 *   core <- strict-yaml, runtime <- taxonomy, policy, protocols, classifiers, storage, config
 *        <- engine <- enforcement; telemetry, dashboard <- server <- cli
 */

/** Each folder of src/ and the other folders that it may import from. */
const MAY_IMPORT = {
  core: [],
  evaluation: ['core'],
  bench: ['core', 'runtime', 'classifiers'],
  'strict-yaml': ['core'],
  runtime: ['core'],
  taxonomy: ['core', 'strict-yaml', 'runtime'],
  policy: ['core', 'strict-yaml', 'runtime'],
  protocols: ['core', 'strict-yaml', 'runtime'],
  classifiers: ['core', 'strict-yaml', 'runtime'],
  storage: ['core', 'strict-yaml', 'runtime'],
  config: ['core', 'strict-yaml', 'runtime'],
  engine: ['core', 'strict-yaml', 'runtime', 'taxonomy', 'policy', 'classifiers', 'storage'],
  enforcement: ['core', 'engine'],
  telemetry: ['core'],
  dashboard: ['core', 'runtime'],
  // Everything but the command line, which sits on top.
  server: [
    ...[
      'core',
      'strict-yaml',
      'runtime',
      'taxonomy',
      'policy',
      'protocols',
      'classifiers',
      'storage',
      'config',
    ],
    ...['engine', 'enforcement', 'telemetry', 'dashboard'],
  ],
};

/** Folders of which only the types may be imported. */
const MAY_IMPORT_TYPES = {
  enforcement: ['policy'],
  dashboard: ['telemetry'],
};

/** Packages that live in one place, so that they can be replaced there. */
const CONFINED = {
  'node-llama-cpp': ['src/classifiers/guard/', 'src/bench/'],
  '@huggingface/jinja': ['src/classifiers/guard/'],
  express: ['src/server/'],
  'prom-client': ['src/telemetry/'],
  undici: ['src/server/', 'src/classifiers/guard/backends/', 'src/classifiers/guard/model-files/'],
  'web-tree-sitter': ['src/classifiers/code/'],
  '@repomix/tree-sitter-wasms': ['src/classifiers/code/'],
  '@typescript-eslint/typescript-estree': ['src/classifiers/code/'],
  commander: ['src/cli/'],
  'cli-progress': ['src/cli/'],
};

const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const folders = (names) => `^src/(${names.join('|')})/`;

const direction = ([folder, allowed]) => {
  const types = MAY_IMPORT_TYPES[folder] ?? [];
  return {
    name: `${folder}-imports`,
    comment:
      `src/${folder} imports only ${[...allowed, ...types.map((t) => `${t} (types)`)].join(', ') || 'nothing of ours'}` +
      ' and itself. Give it what it needs as an argument, or move the shared part to src/core.',
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to: { path: '^src/', pathNot: folders([folder, ...allowed, ...types]) },
  };
};

const typesOnly = ([folder, allowed]) => ({
  name: `${folder}-imports-types`,
  comment: `src/${folder} may use the types of ${allowed.join(', ')}, not the code: write "import type".`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: folders(allowed), dependencyTypesNot: ['type-only'] },
});

const confined = ([name, places]) => ({
  name: `${name.replace(/[@/]+/g, '-').replace(/^-/, '')}-place`,
  comment: `${name} is imported only under ${places.join(' and ')}.`,
  severity: 'error',
  from: { path: '^src/', pathNot: places.map((place) => `^${place}`) },
  to: {
    path: [`node_modules/${quoted(name)}/`, `node_modules/@types/${quoted(name)}/`, `^${quoted(name)}$`],
  },
});

module.exports = {
  forbidden: [
    {
      name: 'known-folder',
      comment: 'A new folder of src/ gets its place in MAY_IMPORT of .dependency-cruiser.cjs first.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: folders([...Object.keys(MAY_IMPORT), 'cli']) },
      to: {},
    },
    ...Object.entries(MAY_IMPORT).map(direction),
    ...Object.entries(MAY_IMPORT_TYPES).map(typesOnly),
    ...Object.entries(CONFINED).map(confined),
    {
      name: 'top-floor',
      comment:
        'Only src/index.ts (the package) imports the server, and the command line; nothing imports cli.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(server|cli)/', '^src/index\\.ts$'] },
      to: { path: '^src/(server|cli)/' },
    },
    {
      name: 'no-circular',
      comment: 'Modules that need each other are one module, or hide a third one.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports this file and it imports nothing: is it still needed?',
      severity: 'error',
      from: {
        path: '^src/',
        orphan: true,
        pathNot: ['^src/index\\.ts$', '^src/cli/main\\.ts$', '\\.d\\.ts$'],
      },
      to: {},
    },
    {
      name: 'no-dev-dependencies',
      comment: 'A devDependency is not there for those who install the package.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere, or to a package that package.json does not name.',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'named-dependencies',
      comment:
        'A package that only another package brought along may be gone tomorrow: name it in package.json.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The dashboard's page runs in a browser and is not part of the program's import graph.
    exclude: { path: '^src/dashboard/page/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
