// versitygw, an S3 server over a directory: each folder in it is a bucket.

import { findProgram, type RealServer, startProgram } from './program.ts';

/** Where it is; undefined where it is not installed. */
export const versitygw: string | undefined = findProgram('versitygw');

/** Whom it lets in. */
export const versitygwCredentials: { readonly accessKeyId: string; readonly secretAccessKey: string } = {
  accessKeyId: 'tester',
  secretAccessKey: 'tester-secret',
};

/** Starts it. */
export function startVersitygw(program: string): Promise<RealServer> {
  const { accessKeyId, secretAccessKey } = versitygwCredentials;
  const login = ['--access', accessKeyId, '--secret', secretAccessKey];
  return startProgram(program, (port, directory) => ({
    args: [...login, '--port', `127.0.0.1:${port}`, 'posix', directory],
  }));
}
