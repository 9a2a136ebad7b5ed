// The command line: what the whole program says of itself. Each command, with its options, help and work, is a file in commands/.

import { Command } from 'commander';
import { addAudit } from './commands/audit.ts';
import { addCapture } from './commands/capture.ts';
import { addCopy } from './commands/copy.ts';
import { addExport } from './commands/export.ts';
import { addGc } from './commands/gc.ts';
import { addGraph } from './commands/graph.ts';
import { addHash } from './commands/hash.ts';
import { addImport } from './commands/import.ts';
import { addInfo } from './commands/info.ts';
import { addList } from './commands/list.ts';
import { addMod } from './commands/mod.ts';
import { addPublish } from './commands/publish.ts';
import { addServe } from './commands/serve.ts';
import { addSum } from './commands/sum.ts';
import { addSumdb } from './commands/sumdb.ts';
import { addWhy } from './commands/why.ts';
import { addWithdraw } from './commands/withdraw.ts';
import { addZip } from './commands/zip.ts';
import { wrongUse } from './report-failure.ts';
import { version } from './version.ts';

/** Builds the program; nothing runs before it is given arguments. */
export function createProgram(): Command {
  const program = new Command('gomodkit')
    .description(
      'A repository of Go modules: capture, serve, publish, verify and audit them, and ask about module graphs. Byte-exact with Go, without a Go toolchain.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'gomodkit:')) })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : wrongUse))
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .addHelpText('after', environmentHelp);
  for (const add of [
    addServe,
    addInfo,
    addList,
    addCapture,
    addExport,
    addImport,
    addCopy,
    addGc,
    addPublish,
    addWithdraw,
    addGraph,
    addWhy,
    addAudit,
    addHash,
    addZip,
    addMod,
    addSum,
    addSumdb,
  ])
    add(program);
  return program;
}

const environmentHelp = `
Environment:
  GOMODKIT_UPSTREAM   the upstream list where --upstream is missing; else what the go
                      command here would use ($GOPROXY, then go env GOPROXY), else direct
  NETRC               the file with credentials for upstreams (default ~/.netrc)

Exit status 0: done. 1: it failed, or something was found. 2: wrong use, or a check that could not run.

Examples:
  gomodkit serve                                    a GOPROXY on http://127.0.0.1:3000
  GOPROXY=http://127.0.0.1:3000 go build ./...      use it
  gomodkit hash . --module example.com/m@v1.2.3     the go.sum lines of a directory
  gomodkit COMMAND --help                           more, with examples`;
