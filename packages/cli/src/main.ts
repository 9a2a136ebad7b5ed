// The `gomodkit` command.

import { createProgram } from './program.ts';
import { reportFailure } from './report-failure.ts';

// A reader such as `head` that has seen enough is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
createProgram().parseAsync(process.argv).catch(reportFailure);
