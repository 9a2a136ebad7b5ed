// `gomodkit withdraw`: take a version back, or put it back, without deleting anything.

import { userInfo } from 'node:os';
import {
  createRepository,
  GoModKitError,
  type Repository,
  type Withdrawal,
  type WithdrawalRecord,
} from '@gomodkit/core';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { parseModuleQuery, parseModuleVersion } from '../module-argument.ts';
import { openStorage } from '../settings/storage-choice.ts';

/** Declares `gomodkit withdraw`. */
export function addWithdraw(program: Command): void {
  program
    .command('withdraw')
    .summary('take a version back, or say what is taken back')
    .description(
      'Withdraws a version, or with MODULE@* a module: within 10 seconds every server on the storage names it no more and refuses it with the reason, to go commands too. Its go.mod stays readable, because graphs mention it. Nothing is deleted.',
    )
    .argument('[module@version]', 'what to withdraw, stored or not')
    .option('--reason <text>', 'why; shown to whoever asks for the version')
    .option('--author <name>', 'who says so; kept in the history (default: the user name)')
    .option('--gone', 'answer 410 and not 403: a go command may then ask its next source')
    .option('--hide-go-mod', 'refuse the go.mod, too; breaks builds whose graph mentions the version')
    .option('--undo', 'reinstate it')
    .option('--list', 'print what is withdrawn')
    .option('--history', 'print every withdrawal and reinstatement')
    .option('--storage <where>', 'directory or storage URL', undefined)
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)')
    .option('--json', 'print one JSON object per line')
    .addHelpText(
      'after',
      "\nExamples:\n  gomodkit withdraw example.com/m@v1.2.3 --reason 'has a backdoor, use v1.2.4'\n  gomodkit withdraw example.com/m@v1.2.3 --undo --reason 'was a false alarm'\n  gomodkit withdraw --list --json",
    )
    .action(withdraw);
}

/** Flags of `gomodkit withdraw`. */
export interface WithdrawFlags {
  readonly reason?: string | undefined;
  readonly author?: string | undefined;
  readonly gone?: boolean | undefined;
  readonly hideGoMod?: boolean | undefined;
  readonly undo?: boolean | undefined;
  readonly list?: boolean | undefined;
  readonly history?: boolean | undefined;
  readonly storage?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

async function withdraw(argument: string | undefined, flags: WithdrawFlags): Promise<void> {
  const lists = flags.list === true || flags.history === true;
  if (lists === (argument !== undefined))
    throw new GoModKitError(
      'invalid_argument',
      'name what to withdraw (MODULE@VERSION), or ask with --list or --history',
    );
  const { config } = await loadConfig(flags.config, process.cwd());
  const { storage, name, absent } = await openStorage(flags.storage ?? config.storage ?? './modules', process.cwd());
  // Also before the first capture: taking something back in the wrong place would look like success.
  if (absent) throw new GoModKitError('invalid_argument', `there is no storage at ${name}; --storage names another`);
  const repository = createRepository({ storage });
  try {
    if (argument !== undefined) await change(repository, argument, flags);
    else if (flags.history) for await (const record of repository.withdrawalHistory()) print(record, flags);
    else for (const withdrawal of await repository.withdrawals()) print(withdrawal, flags);
  } finally {
    await repository.close();
    await storage.close?.();
  }
}

async function change(repository: Repository, argument: string, flags: WithdrawFlags): Promise<void> {
  const { path, query } = parseModuleQuery(argument);
  const version = query === '*' ? query : parseModuleVersion(argument).version;
  if (flags.reason === undefined)
    throw new GoModKitError('invalid_argument', "say why: --reason 'has a backdoor, use v1.2.4'");
  const said = { path, version, reason: flags.reason, author: flags.author ?? userInfo().username };
  if (flags.undo) {
    await repository.reinstate(said);
    if (!flags.json) process.stdout.write(`${path}@${version} is served again\n`);
    return;
  }
  const status = flags.gone ? 'gone' : 'block';
  const goMod = flags.hideGoMod ? 'refused' : 'served';
  print(await repository.withdraw({ ...said, status, goMod }), flags);
}

function print(record: Withdrawal | WithdrawalRecord, { json }: WithdrawFlags): void {
  const { path, version, ...facts } = record;
  if (json) process.stdout.write(`${JSON.stringify({ module: path, version, ...facts })}\n`);
  else
    process.stdout.write(
      `${path}@${version} ${word(record)} ${record.date.toISOString().slice(0, 10)} by ${record.author}: ${record.reason}\n`,
    );
}

function word(record: Withdrawal | WithdrawalRecord): string {
  if (!('status' in record)) return 'reinstated';
  return `withdrawn (${record.status}${record.goMod === 'refused' ? ', go.mod refused' : ''})`;
}
