export type { PublishContent } from './content.ts';
export type { Published, PublishOptions } from './publish.ts';
