import { library } from '../../tsup.base';

export default library({
  index: 'src/index.ts',
  fetch: 'src/fetch/index.ts',
  node: 'src/node/index.ts',
  express: 'src/express/index.ts',
  fastify: 'src/fastify/index.ts',
  koa: 'src/koa/index.ts',
  hono: 'src/hono/index.ts',
});
