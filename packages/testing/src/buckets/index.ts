export type { ObjectFault, ObjectFaultEffect, ObjectFaults } from './object-fault.ts';
export type { ObjectServer } from './object-server.ts';
