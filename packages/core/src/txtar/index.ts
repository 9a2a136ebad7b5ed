export { formatTxtar, parseTxtar, type TxtarArchive, type TxtarFile } from './txtar.ts';
