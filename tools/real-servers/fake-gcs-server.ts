// fake-gcs-server, a server that speaks the JSON API of Google Cloud Storage, in memory.

import { findProgram, type RealServer, startProgram } from './program.ts';

/** Where it is; undefined where it is not installed. */
export const fakeGcsServer: string | undefined = findProgram('fake-gcs-server');

/** Starts it. */
export function startFakeGcsServer(program: string): Promise<RealServer> {
  return startProgram(program, (port) => ({
    args: [
      ...['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)],
      ...['-public-host', `127.0.0.1:${port}`],
    ],
  }));
}
