export type { ObjectFault, ObjectFaultEffect, ObjectFaults } from '../buckets/object-fault.ts';
export type { ObjectServer } from '../buckets/object-server.ts';
export { type FakeS3, type FakeS3Options, startFakeS3 } from './fake-s3.ts';
