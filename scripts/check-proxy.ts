// Exit status 0 when the first module proxy that `go env GOPROXY` names answers, 1 otherwise.

import { execFileSync } from 'node:child_process';

const list = execFileSync('go', ['env', 'GOPROXY'], { encoding: 'utf8' }).trim();
const first = list.split(/[,|]/).find((entry) => /^https?:/.test(entry.trim()));
try {
  if (first === undefined) throw new Error('it names no proxy');
  const response = await fetch(new URL('golang.org/x/mod/@v/list', `${first.trim().replace(/\/$/, '')}/`), {
    signal: AbortSignal.timeout(20_000),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`status ${response.status}`);
} catch (error) {
  console.log(
    `the module proxy of go env GOPROXY does not answer: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exit(1);
}
