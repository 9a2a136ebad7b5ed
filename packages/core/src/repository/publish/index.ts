export type { PublishContent, Published, PublishOptions } from './types.ts';
