export { type CopyEvent, type CopyOptions, type CopyReport, copyStorage } from './copy.ts';
