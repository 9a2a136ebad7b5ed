export { type ErrorCode, type ErrorData, type ErrorOptions, GoModKitError, isGoModKitError } from './error.ts';
