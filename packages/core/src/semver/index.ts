export { compare, type Order, sort } from './compare.ts';
export { build, canonical, isValid, major, majorMinor, prerelease } from './parts.ts';
