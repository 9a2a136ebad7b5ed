// Types that all adapters share. Each adapter is an entry point of its own: `@gomodkit/http-handler/node`, `/express`, ….
export type { Handler, HandlerRequest, HandlerResponse } from '@gomodkit/core/protocol';
export type { AdapterOptions, MountOptions } from './shared/options.ts';
