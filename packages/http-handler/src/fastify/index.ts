export type { NodeRequest, NodeResponse, NodeSocket } from '../node/message.ts';
export type { AdapterOptions, MountOptions } from '../shared/options.ts';
export {
  type FastifyPlugin,
  type FastifyReply,
  type FastifyRequest,
  type FastifyScope,
  toFastifyPlugin,
} from './to-fastify-plugin.ts';
