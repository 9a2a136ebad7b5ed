import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGoModKitError, sumdb } from '@gomodkit/core';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';

interface Spoken {
  readonly out: string;
  readonly errors: string;
}

/** Runs the program without ending this process; resolves to what it wrote and how it failed. */
async function run(...args: string[]): Promise<Spoken> {
  const program = createProgram();
  let [out, errors] = ['', ''];
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride().configureOutput({
      getOutHelpWidth: () => 80,
      writeOut: (text) => {
        out += text;
      },
      writeErr: (text) => {
        errors += text;
      },
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (isGoModKitError(error)) errors += `gomodkit: ${error.message}\n`;
    else if (!(error instanceof CommanderError)) throw error;
  } finally {
    // Commands set it for their own process.
    process.exitCode = undefined;
  }
  return { out, errors };
}

describe('help', () => {
  it('is a manual in short', async () => {
    expect((await run('--help')).out).toMatchSnapshot();
  });

  it.each(createProgram().commands.map((command) => command.name()))('of %s has examples', async (name) => {
    const { out } = await run(name, '--help');
    expect(out).toContain(`\nExamples:\n  gomodkit ${name}`);
    expect(out).toMatchSnapshot();
  });
});

describe('a mistake is said in one line', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gomodkit-cli-'));
    await writeFile(join(directory, 'file.txt'), 'text\n');
    await writeFile(join(directory, 'bad.zip'), 'PK no zip');
    await writeFile(join(directory, 'go.mod'), 'module example.com/m\n');
    const { signerKey } = await sumdb.note.generateKey('sum.corp.example');
    await writeFile(join(directory, 'key'), signerKey, { mode: 0o600 });
    await writeFile(join(directory, 'open.key'), signerKey, { mode: 0o644 });
    await writeFile(join(directory, 'bad.key'), `${signerKey}more`, { mode: 0o600 });
    await writeFile(join(directory, 'go.work'), 'go 1.24\n');
  });
  afterAll(() => rm(directory, { recursive: true }));

  it.each([
    ['nonsense', /unknown command 'nonsense'/],
    ['serve --nonsense', /unknown option '--nonsense'/],
    ['hash', /missing required argument 'path'/],
    ['hash DIR/absent', /absent does not exist/],
    ['copy DIR DIR', /are one storage/],
    ['copy DIR DIR/copy', /one is inside the other/],
    ['export example.com/m@v1.0.0 -o DIR', /is no file/],
    ['hash DIR', /a directory does not say its version: add --module MODULE@VERSION/],
    ['hash DIR --module example.com/m', /names no version: write MODULE@VERSION/],
    ['hash DIR --module example.com/m@v1', /version is not canonical; write v1.0.0/],
    ['hash DIR --module example.com/m@v2.0.0', /should be v0 or v1, not v2/],
    ['hash DIR/file.txt', /file.txt is neither a directory, a zip nor a go.mod/],
    ['hash DIR/bad.zip', /bad.zip is no good module zip: /],
    ['zip DIR -o x.zip', /required option '--module <module@version>' not specified/],
    ['zip DIR/absent --module example.com/m@v1.0.0 -o DIR/x.zip', /absent does not exist/],
    ['zip DIR/file.txt --module example.com/m@v1.0.0 -o DIR/x.zip', /file.txt is not a directory/],
    ['zip DIR --module example.com/m@v1.0.0 -o DIR/no/x.zip', /, where .*x.zip is to be, does not exist/],
    ['zip DIR --module example.com/m@v1.0.0 -o DIR/file.txt', /file.txt exists already and is not overwritten/],
    ['list --storage DIR/absent', /there is no storage at .*absent; --storage names another/],
    ['list --storage DIR/file.txt', /storage .*file.txt is not a directory/],
    ['list --storage redis://host', /storage URLs beginning with redis: are not supported/],
    ['info example.com/m', /"example.com\/m" names no version/],
    ['info --offline --storage DIR example.com/m@v1.0.0', /is not in this repository, which works offline/],
    ['serve --storage DIR/file.txt --upstream off', /storage .*file.txt is not a directory/],
    ['serve --storage DIR/file.txt/below --upstream off', /storage .* cannot be opened: ENOTDIR/],
    ['serve --listen nonsense', /cannot listen on "nonsense": expected HOST:PORT such as 127.0.0.1:3000/],
    [
      'withdraw example.com/m@v1.0.0 --reason x --storage DIR/absent',
      /there is no storage at .*absent; --storage names/,
    ],
    ['audit --storage DIR/absent', /there is no storage at .*absent; --storage names another/],
    ['audit zzz --storage DIR --offline', /no stored module path begins with "zzz"; gomodkit list says/],
    ['audit --storage DIR --offline --resume garbage', /cursor "garbage": it is none here; take it from/],
    ['audit --sample 0', /expected a share such as 5%, or a number of versions/],
    ['audit --sample 101%', /expected a share such as 5%/],
    ['audit --storage DIR --offline --go-sum DIR/absent', /absent does not exist/],
    ['audit --storage DIR --offline --purge-disproved', /no checksum database can disprove anything here/],
    ['sum check --go-sum DIR/absent', /absent does not exist/],
    ['mod DIR/absent --json', /absent does not exist/],
    ['mod DIR/go.mod', /nothing to do: --json or --print shows the file/],
    ['mod DIR/go.mod --json --print', /--json and --print do not go together/],
    ['mod DIR/go.mod --require example.com/a', /'--require <path@version>' argument .* is invalid. need path@version/],
    ['mod DIR/go.mod --use ./a', /--use is for go.work files/],
    ['mod DIR/go.work --tool example.com/a', /--tool is for go.mod files/],
    ['mod DIR/go.mod --go 1', /--go: invalid language version "1"/],
    ['mod DIR/go.mod --module go', /--module: module path is reserved/],
    ['serve --log-level loud', /Allowed choices are silent/],
    [
      'serve --storage DIR --upstream off --witness nonsense',
      /--witness needs a log to be cosigned: --sumdb-key-file or --event-log-key-file/,
    ],
    [
      'serve --storage DIR --upstream off --sumdb-key-file DIR/absent',
      /absent: it does not exist; gomodkit sumdb init makes one/,
    ],
    ['serve --storage DIR --upstream off --sumdb-key-file DIR/open.key', /open.key: others than .*; chmod 600 it/],
    ['serve --storage DIR --upstream off --sumdb-key-file DIR/bad.key', /bad.key: it holds no key: /],
    ['sumdb verify http://127.0.0.1:1 --nonsense', /unknown option '--nonsense'/],
    [
      'serve --storage DIR --upstream off --sumdb-key-file DIR/key --event-log-key-file DIR/key',
      /the event log and the checksum database are both named sum.corp.example/,
    ],
    ['sumdb verify http://127.0.0.1:1 --key nonsense', /^gomodkit: --key: /],
    ['serve --grace soon', /expected seconds, such as 30/],
    ['serve --config DIR/absent.ts', /configuration file .*absent.ts does not exist/],
    ['serve --storage memory: --upstream ftp://x.example', /scheme \(must be https, http, file\): ftp:\/\/x.example/],
  ])('gomodkit %s', async (line, says) => {
    const { out, errors } = await run(...line.replaceAll('DIR', directory).split(' '));
    expect(errors).toMatch(says);
    expect(errors).toMatch(/^gomodkit: .*\n$/);
    expect(out).toBe('');
  });
});
