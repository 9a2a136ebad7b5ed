export type { GitCacheEvent, GitCacheOptions, HostPoliteness } from './options.ts';
export { gitRepositories } from './repositories.ts';
