// The command line: names, options and help. What a command does is in commands/.

import { Command, InvalidArgumentError, Option } from 'commander';
import { hash } from './commands/hash.ts';
import { info } from './commands/info.ts';
import { list } from './commands/list.ts';
import { serve } from './commands/serve.ts';
import { zip } from './commands/zip.ts';
import { version } from './version.ts';

/** Builds the program; nothing runs before it is given arguments. */
export function createProgram(): Command {
  const program = new Command('gomodkit')
    .description('Serve, hash and inspect Go modules: byte-exact with Go, without a Go toolchain.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'gomodkit:')) })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .addHelpText('after', environmentHelp);
  for (const add of [addServe, addInfo, addList, addHash, addZip]) add(program);
  return program;
}

const environmentHelp = `
Environment:
  GOMODKIT_UPSTREAM   the upstream list where --upstream is missing; else what the go
                      command here would use ($GOPROXY, then go env GOPROXY), else direct
  NETRC               the file with credentials for upstreams (default ~/.netrc)

Examples:
  gomodkit serve                                    a GOPROXY on http://127.0.0.1:3000
  GOPROXY=http://127.0.0.1:3000 go build ./...      use it
  gomodkit hash . --module example.com/m@v1.2.3     the go.sum lines of a directory
  gomodkit COMMAND --help                           more, with examples`;

function repositoryOptions(command: Command): Command {
  return command
    .option('--storage <where>', 'directory or storage URL that keeps the modules (file:, memory:)', undefined)
    .option('--upstream <list>', 'where modules come from, in GOPROXY syntax')
    .option('--private <patterns>', 'module paths no upstream proxy is asked for, in GOPRIVATE syntax')
    .option('--offline', 'answer from storage alone')
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)');
}

function addServe(program: Command): void {
  repositoryOptions(
    program
      .command('serve')
      .summary('serve modules to go commands (GOPROXY)')
      .description(
        'Serves the GOPROXY protocol. What is asked for the first time is fetched from the upstream, checked, stored, and from then on served from storage: first capture wins, for ever.',
      ),
  )
    .option('--listen <address>', 'HOST:PORT to listen on; port 0 lets the system choose (default: 127.0.0.1:3000)')
    .option('--base-path <path>', 'serve below this path, such as /go')
    .addOption(
      new Option('--log-level <level>', 'debug has one line per request').choices([
        'silent',
        'fatal',
        'error',
        'warn',
        'info',
        'debug',
        'trace',
      ]),
    )
    .option('--grace <seconds>', 'how long running downloads may take after a stop signal', seconds, 30)
    .addHelpText(
      'after',
      `
The storage is ./modules where none is named. A directory is a plain GOPROXY file tree at every moment:
GOPROXY=file:///path/to/modules works without this server. Logs go to standard error, as JSON lines where
that is no terminal. SIGTERM or SIGINT stops accepting, finishes running downloads and exits with 0.

Examples:
  gomodkit serve
  gomodkit serve --listen 0.0.0.0:8080 --storage /var/lib/gomodkit
  gomodkit serve --upstream https://goproxy.example,direct --private 'git.corp.example,*.internal.example'
  gomodkit serve --offline                      only what is stored; nothing is fetched`,
    )
    .action(serve);
}

function addInfo(program: Command): void {
  repositoryOptions(
    program
      .command('info')
      .summary('what is known of one version')
      .argument('<module@query>', 'version, branch, commit prefix, v1, v1.2 or latest'),
  )
    .description('Resolves a version and prints its time, origin and sums. Captures nothing but .info and .mod.')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit info rsc.io/quote@latest\n  gomodkit info --offline --json example.com/m@v1.2.3',
    )
    .action(info);
}

function addList(program: Command): void {
  program
    .command('list')
    .summary('what a storage holds')
    .description(
      'Lists stored versions as MODULE@VERSION, one per line, in order of their paths; versions whose zip is not stored are marked "mod only".',
    )
    .argument('[prefix]', 'only module paths that begin with this')
    .option('--storage <where>', 'directory or storage URL', undefined)
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)')
    .option('--json', 'print one JSON object per line')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit list\n  gomodkit list github.com/ --storage /var/lib/gomodkit --json',
    )
    .action(list);
}

function addHash(program: Command): void {
  program
    .command('hash')
    .summary('go.sum lines of a directory, zip or go.mod')
    .description(
      'Prints what go.sum would say: for a directory the sums of the zip that go would build and of its go.mod; for a zip its sum and that of the go.mod in it; for a go.mod its sum.',
    )
    .argument('<path>', 'a directory, a module zip or a go.mod')
    .option('--module <module@version>', 'what it is; a zip says so itself')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit hash . --module example.com/m@v1.2.3\n  gomodkit hash v1.2.3.zip\n  gomodkit hash go.mod --module example.com/m@v1.2.3',
    )
    .action(hash);
}

function addZip(program: Command): void {
  program
    .command('zip')
    .summary('build the module zip of a directory')
    .description(
      'Builds the zip that go would build from a directory, under the same rules, and prints its go.sum line.',
    )
    .argument('<directory>', 'the module root')
    .requiredOption('--module <module@version>', 'module path and canonical version')
    .requiredOption('-o, --output <file>', 'file to write; an existing one is not overwritten')
    .addHelpText('after', '\nExamples:\n  gomodkit zip . --module example.com/m@v1.2.3 -o m.zip')
    .action(zip);
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('expected seconds, such as 30');
  return value;
}
