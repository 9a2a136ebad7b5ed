export type { NodeRequest, NodeResponse, NodeSocket } from '../node/message.ts';
export type { AdapterOptions, MountOptions } from '../shared/options.ts';
export { type ExpressHandler, type ExpressRequest, toExpressHandler } from './to-express-handler.ts';
