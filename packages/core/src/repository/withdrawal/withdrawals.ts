// Withdrawing, reinstating, and saying what is withdrawn (DESIGN §3: a status record, not a deletion).
//
// Invariants:
// - A withdrawal is decided on everything that is recorded, and has taken effect in this process when it resolves.
// - Nothing in storage is touched but the series: a version that is reinstated is served as it was.

import { GoModKitError } from '../../errors/error.ts';
import { compareModuleVersions } from '../../module/index.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { Events } from '../events.ts';
import {
  everyVersion,
  type ReinstateRequest,
  reinstateRecord,
  type StoredRecord,
  type Withdrawal,
  type WithdrawalRecord,
  type WithdrawRequest,
  withdrawRecord,
} from './record.ts';
import type { Register } from './register.ts';

/** The verbs of a repository that concern withdrawals. */
export interface Withdrawals {
  withdraw(request: WithdrawRequest, options: CallOptions): Promise<Withdrawal>;
  reinstate(request: ReinstateRequest, options: CallOptions): Promise<void>;
  current(options: CallOptions): Promise<readonly Withdrawal[]>;
}

/** Creates {@link Withdrawals}. */
export function createWithdrawals(register: Register, events: Events): Withdrawals {
  const append = async (record: StoredRecord, options: CallOptions): Promise<WithdrawalRecord> => {
    const written = await register.append(record, options);
    events.emit(() => written);
    return written;
  };
  return {
    async withdraw(request, options) {
      const record = withdrawRecord(request);
      await register.sync(options);
      const { type: _, ...withdrawal } = (await append(record, options)) as Withdrawal & { type: 'withdraw' };
      return withdrawal;
    },
    async reinstate(request, options) {
      const record = reinstateRecord(request);
      await register.sync(options);
      const { path, version } = record;
      const found = register.find(path, version);
      if (found?.version !== version) throw notWithdrawn(path, version, found);
      await append(record, options);
    },
    async current(options) {
      await register.sync(options);
      return [...register.all()].sort(compareModuleVersions);
    },
  };
}

function notWithdrawn(path: string, version: string, module: Withdrawal | undefined): GoModKitError {
  const instead = module === undefined ? '' : `; all of ${path} is: reinstate ${path}@${everyVersion}`;
  return new GoModKitError('not_found', `${path}@${version} is not withdrawn by itself${instead}`, {
    data: { path, version },
  });
}
