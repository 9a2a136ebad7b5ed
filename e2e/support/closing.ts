// What tests open, closed again in reverse order.

import { afterAll, afterEach } from 'vitest';

interface Closable {
  close(): Promise<void>;
}

/** Keeps what is given to it until the hook runs. */
export type Keep = <T extends Closable>(opened: T) => T;

/** Closes after each test what was opened in it. */
export function closeAfterEach(): Keep {
  return keeper(afterEach);
}

/** Closes after all tests of the file, or of the `describe` that calls this. */
export function closeAfterAll(): Keep {
  return keeper(afterAll);
}

function keeper(hook: (run: () => Promise<void>) => void): Keep {
  const opened: Closable[] = [];
  hook(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });
  return (each) => {
    opened.push(each);
    return each;
  };
}
