// Storages that each break one clause of the contract, to judge the judge.

import type { WrongStorage } from './wrong.ts';
import { wrongCreates } from './wrong-creates.ts';
import { wrongLists } from './wrong-lists.ts';
import { wrongObjects } from './wrong-objects.ts';

/** Every storage here must fail the clause that it breaks, and no other. */
export const wrongStorages: Readonly<Record<string, WrongStorage>> = {
  ...wrongCreates,
  ...wrongLists,
  ...wrongObjects,
};
