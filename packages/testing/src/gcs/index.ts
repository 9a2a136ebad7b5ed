export type { ObjectFault, ObjectFaultEffect, ObjectFaults } from '../buckets/object-fault.ts';
export type { ObjectServer } from '../buckets/object-server.ts';
export { type FakeGcs, type FakeGcsOptions, startFakeGcs } from './fake-gcs.ts';
