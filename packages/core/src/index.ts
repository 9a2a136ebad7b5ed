export * from './errors/index.ts';
export * from './protocol/index.ts';
export * from './repository/index.ts';
export * from './source/index.ts';
export * from './storage/index.ts';
