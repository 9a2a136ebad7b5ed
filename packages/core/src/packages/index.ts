export { loadPackages } from './load-packages.ts';
export { directoryFiles, type ModuleDirectory, type ModuleFiles } from './module-files.ts';
export { type OpenModule, openModule, type ZipSource } from './module-trees.ts';
export { type ScannedFile, scanGoFile } from './scan-file.ts';
export { type PackageImports, packageDirectories, scanPackage } from './scan-package.ts';
export type { LoadedPackage, LoadPackagesOptions, MainModule, PackageGraph, Why } from './types.ts';
export { formatWhy, why, whyModules } from './why.ts';
