export type { AdapterOptions } from '../shared/options.ts';
export { toFetch } from './to-fetch.ts';
