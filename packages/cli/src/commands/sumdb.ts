// `gomodkit sumdb`: checksum databases: one's own, and the audit of any.

import type { Command } from 'commander';
import { addVersions, initialize, showKey } from '../sumdb/own-log.ts';
import { fromOf, verify } from '../sumdb/verify.ts';

/** Declares `gomodkit sumdb` and its commands. */
export function addSumdb(program: Command): void {
  const sumdb = program
    .command('sumdb')
    .summary('keep and audit checksum databases')
    .description('Makes keys and adds versions to a checksum database of your own, and audits any.')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit sumdb init --name sum.corp.example --key-file sumdb.key\n  gomodkit sumdb verify --help',
    );
  addVerify(sumdb);
  sumdb
    .command('init')
    .summary('make the key of a database')
    .description(
      'Makes a signing key, writes it to a new file that only you may read, and prints the verifier key and what GOSUMDB is.',
    )
    .requiredOption('--name <name>', 'of the database: a host, and a path if you like')
    .requiredOption('--key-file <file>', 'the file to be made; keep it secret and keep it for ever')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit sumdb init --name sum.corp.example --key-file /etc/gomodkit/sumdb.key',
    )
    .action(initialize);
  sumdb
    .command('add')
    .summary('record stored versions')
    .description(
      'Records versions that a storage holds, and prints their record numbers. What is recorded already keeps its number.',
    )
    .argument('<module@version...>', 'canonical versions whose zips are stored')
    .requiredOption('--key-file <file>', 'the signing key')
    .option('--storage <where>', 'directory or storage URL that keeps the modules and the log')
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit sumdb add example.com/m@v1.2.3 --storage /var/lib/gomodkit --key-file sumdb.key',
    )
    .action(addVersions);
  sumdb
    .command('key')
    .summary('print the verifier key')
    .description('Prints the verifier key that belongs to a signing key.')
    .argument('<file>', 'the signing key')
    .addHelpText(
      'after',
      '\nExamples:\n  GOSUMDB="$(gomodkit sumdb key sumdb.key)" GOPROXY=http://127.0.0.1:3000 go build ./...',
    )
    .action(showKey);
}

function addVerify(sumdb: Command): void {
  sumdb
    .command('verify')
    .summary('audit a database')
    .description(
      'Reads every record and tile of a checksum database, compares all of them with its signed tree, and prints a report. Also compares with what is stored, and with a second view or another database.',
    )
    .argument('<url>', 'the database (https://sum.golang.org), or a proxy that serves it')
    .option('--key <key>', 'its verifier key, or sum.golang.org', 'sum.golang.org')
    .option('--against <url>', 'a second view of it; with --against-key another database')
    .option('--against-key <key>', 'the verifier key of the other database')
    .option('--storage <where>', 'compare with the versions that are stored there')
    .option(
      '--private <patterns>',
      'module paths that are not in the database, and not named to another one, in GOPRIVATE syntax',
    )
    .option('--from <size>', 'begin behind so many records; SIZE:ROOT of an earlier report is compared, too', fromOf)
    .option('--json', 'print one event per line; the last has the report')
    .addHelpText(
      'after',
      `
Another database is not asked for what --private, GONOSUMDB or GOPRIVATE say.
A log that is audited without --from is read as a whole. With --from, stored versions are not missed.

Exit status 0: verified. 1: problems were found. 2: it could not be found out, or the command is wrong.

Examples:
  gomodkit sumdb verify http://127.0.0.1:3000 --key sum.corp.example+HASH+KEY --storage ./modules
  gomodkit sumdb verify https://goproxy.example --from 40000000
  gomodkit sumdb verify https://sum.golang.org --against https://goproxy.example --from 40000000`,
    )
    .action(verify);
}
