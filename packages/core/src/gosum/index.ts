export { checkGoSum, type GoSumCheck, type GoSumMismatch } from './check.ts';
export { formatGoSum } from './format.ts';
export { type GoSum, type GoSumEntry, goSumEntries, goSumOf } from './go-sum.ts';
export { type GoSumOptions, parseGoSum } from './parse.ts';
