// The `gomodkit` command.

import { createProgram } from './program.ts';
import { reportFailure } from './report-failure.ts';

// A reader such as `head` that has seen enough is no failure of ours, unless the command needs it to read to the end: then it tells.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (!process.exitCode) process.exit(error.code === 'EPIPE' ? 0 : 1);
});
createProgram().parseAsync(process.argv).catch(reportFailure);
