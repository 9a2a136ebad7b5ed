export type {
  ReinstateRequest,
  Withdrawal,
  WithdrawalNote,
  WithdrawalRecord,
  WithdrawalStatus,
  WithdrawRequest,
} from './record.ts';
export type { WithdrawalOptions } from './register.ts';
