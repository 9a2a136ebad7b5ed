export type { UnicodeVersion } from '../gotext/unicode.ts';
export { escapePath, escapeVersion, unescapePath, unescapeVersion } from './escape.ts';
export { checkFilePath, checkImportPath, checkPath, type FilePathOptions } from './path.ts';
export { checkPathMajor, matchPathMajor, type PathParts, pathMajorPrefix, splitPathVersion } from './path-major.ts';
export { matchPrefixPatterns, prefixPatterns } from './patterns.ts';
export {
  isPseudoVersion,
  type PseudoVersionParts,
  pseudoVersion,
  pseudoVersionBase,
  pseudoVersionRev,
  pseudoVersionTime,
  zeroPseudoVersion,
} from './pseudo.ts';
export {
  canonicalVersion,
  check,
  compareModuleVersions,
  isCanonicalVersion,
  type ModuleVersion,
  sortModuleVersions,
} from './version.ts';
