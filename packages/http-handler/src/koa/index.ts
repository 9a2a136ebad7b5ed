export type { NodeRequest, NodeResponse, NodeSocket } from '../node/message.ts';
export type { AdapterOptions, MountOptions } from '../shared/options.ts';
export { type KoaContext, type KoaMiddleware, toKoaMiddleware } from './to-koa-middleware.ts';
