export type { AccessDecision, AccessSubject, Authorize } from './authorize.ts';
export { createHandler, type HandlerOptions } from './create-handler.ts';
export type { Handler, HandlerRequest, HandlerResponse } from './handler.ts';
export type { HealthOptions } from './health.ts';
export { combinePolicies, type RangePolicyOptions, type RangeRule, rangePolicy } from './range-policy.ts';
export type { TlogSource, TlogSources } from './tlog-route.ts';
export type { AuthorizeUpload, UploadOptions } from './upload.ts';
export type { RedirectableZip, ZipRedirect } from './zip-redirect.ts';
