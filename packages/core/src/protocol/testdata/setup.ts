// A handler over a fake repository, and the errors that its clients were not told of.

import { createHandler, type HandlerOptions } from '../create-handler.ts';
import type { Handler } from '../handler.ts';
import { type FakeRepository, fakeRepository } from './fake-repository.ts';

/** What {@link setup} gives. */
export interface Setup {
  readonly repository: FakeRepository;
  readonly handler: Handler;
  readonly errors: unknown[];
}

/** A handler with the given options. */
export function setup(options: Partial<HandlerOptions> = {}): Setup {
  const repository = fakeRepository();
  const errors: unknown[] = [];
  return {
    repository,
    handler: createHandler({ repository, onError: (error) => errors.push(error), ...options }),
    errors,
  };
}
