export { compare, sort } from './compare.ts';
export type { Order } from './decimal.ts';
export { build, canonical, isValid, major, majorMinor, prerelease } from './parts.ts';
