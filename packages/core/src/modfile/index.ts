export type { VersionFixer } from './arguments.ts';
export { autoQuote, mustQuote } from './auto-quote.ts';
export { checkCanonicalVersion } from './canonical-version.ts';
export { type Formattable, format, formatBytes } from './format.ts';
export type {
  ExcludeDirective,
  GoDirective,
  GodebugDirective,
  GoMod,
  IgnoreDirective,
  ModuleDirective,
  ReplaceDirective,
  ReplaceTarget,
  RequireDirective,
  RetractDirective,
  ToolchainDirective,
  ToolDirective,
} from './go-mod.ts';
export { type EditOptions, editGoMod, formatGoMod, GoModEditor } from './go-mod-editor.ts';
export type { GoWork, UseDirective } from './go-work.ts';
export { editGoWork, formatGoWork, GoWorkEditor } from './go-work-editor.ts';
export { modulePath } from './module-path.ts';
export { type ParseOptions, parse, parseLax } from './parse.ts';
export { parseWork, parseWorkLax } from './parse-work.ts';
export type { Problem } from './problem.ts';
export { isDirectoryPath } from './replace.ts';
export type { Requirement } from './requirements.ts';
export { retractedBy, type VersionInterval } from './retract.ts';
export type {
  Comment,
  CommentBlock,
  Comments,
  FileSyntax,
  Line,
  LineBlock,
  Paren,
  Position,
  Statement,
} from './syntax.ts';
