export type { AdapterOptions } from '../shared/options.ts';
export type { NodeRequest, NodeResponse, NodeSocket } from './message.ts';
export { type NodeListener, toNodeListener } from './to-node-listener.ts';
