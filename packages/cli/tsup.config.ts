import { defineConfig } from 'tsup';
import { libraryOptions } from '../../tsup.base';

// The library half for gomodkit.config.ts in both formats; the command itself as one ESM program.
export default defineConfig((overrides) => [
  libraryOptions({ index: 'src/index.ts' }, overrides),
  { entry: { main: 'src/main.ts' }, format: ['esm'], target: 'node20', platform: 'node', sourcemap: true },
]);
