// The program's half of harness/program.ts: questions in, answers out, one JSON line each.

import { createInterface } from 'node:readline';

/** What a program can be asked, by the `op` of the request. */
export type Operations = Readonly<Record<string, (request: never) => Promise<object>>>;

/** Answers requests in order until standard input ends, then ends the process. */
export async function answerLines(operations: Operations): Promise<never> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as { readonly op: string };
    process.stdout.write(`${JSON.stringify(await answer(operations, request))}\n`);
  }
  process.exit(0);
}

async function answer(operations: Operations, request: { readonly op: string }): Promise<object> {
  try {
    const operation = operations[request.op];
    if (operation === undefined) return { error: `no such operation: ${request.op}` };
    return await operation(request as never);
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Runs `work` and says how long it took. */
export async function timed(work: () => Promise<unknown>): Promise<{ readonly milliseconds: number }> {
  const start = performance.now();
  await work();
  return { milliseconds: performance.now() - start };
}
