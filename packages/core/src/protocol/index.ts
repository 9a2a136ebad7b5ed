export type { Handler, HandlerRequest, HandlerResponse } from './handler.ts';
