export type { AdapterOptions } from '../shared/options.ts';
export { type HonoContext, type HonoHandler, toHonoHandler } from './to-hono-handler.ts';
