export {
  isToolchain,
  modCompare,
  modIsValid,
  toolchainModule,
  toolchainVersion,
  toolchainVersionToGo,
} from './toolchain.ts';
export { compare, isLang, isPrerelease, isValid, lang, max, prev } from './version.ts';
