export * as note from './note/index.ts';
export * as tlog from './tlog/index.ts';
