export { goSumLines, type ModuleSums } from './go-sum.ts';
export { hashDirectory } from './hash-directory.ts';
export { hashZip } from './hash-zip.ts';
export { type HashFile, type HashOptions, hash1, hashGoMod } from './hash1.ts';
