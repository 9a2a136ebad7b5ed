import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GoModKitError } from '../errors/error.ts';
import { basic } from './credentials.ts';
import { goAuthCredentials } from './go-auth.ts';
import { type AuthRunner, splitWords } from './go-auth-output.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gomodkit-auth-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (url: string) => [new URL(url), {}] as const;

/** A runner that answers by what it is asked, and remembers that. */
function answering(answer: (words: readonly string[], input: string | undefined) => string) {
  const asked: string[] = [];
  const run: AuthRunner = async ({ words, input }) => {
    asked.push(words.join(' '));
    return answer(words, input);
  };
  return { run, asked };
}

describe('goAuthCredentials', () => {
  it('runs a command once without a URL, and once for each URL that it did not name', async () => {
    const { run, asked } = answering((words) =>
      words.length === 2 ? 'https://a.example\n\nX-Token: one\n\n' : `${words[2]}\n\nX-Token: two\n\n`,
    );
    const ask = await goAuthCredentials({ GOAUTH: 'helper "with space"' }, { run });
    expect(await ask?.(...at('https://a.example/x'))).toEqual({ 'X-Token': ['one'] });
    expect(await ask?.(...at('https://b.example/x/y'))).toEqual({ 'X-Token': ['two'] });
    expect(await ask?.(...at('https://b.example/x/y/z'))).toEqual({ 'X-Token': ['two'] });
    expect(asked).toEqual(['helper with space', 'helper with space https://b.example/x/y']);
  });

  it('asks again when an answer has become old', async () => {
    const { run, asked } = answering(() => 'https://a.example\n\nX-Token: t\n\n');
    const ask = await goAuthCredentials({ GOAUTH: 'helper' }, { run, lifetime: 0 });
    await ask?.(...at('https://a.example/x'));
    await ask?.(...at('https://a.example/x'));
    expect(asked.length).toBeGreaterThan(2);
  });

  it('does not ask again about what nobody knows', async () => {
    const { run, asked } = answering(() => '');
    const ask = await goAuthCredentials({ GOAUTH: 'helper' }, { run });
    for (let i = 0; i < 3; i++) expect(await ask?.(...at('https://a.example/x'))).toBeUndefined();
    expect(asked).toEqual(['helper', 'helper https://a.example/x']);
  });

  it('takes the first method that knows a URL, and hides no other behind a failure', async () => {
    writeFileSync(join(directory, 'netrc'), 'machine a.example login u password p\n');
    const { run } = answering((words) => {
      if (words[0] === 'broken') throw new GoModKitError('upstream_unavailable', 'broken: it ended with status 1');
      return 'https://a.example\n\nX-Token: t\n\n';
    });
    const env = { NETRC: join(directory, 'netrc') };
    const first = await goAuthCredentials({ ...env, GOAUTH: 'netrc; helper' }, { run });
    expect(await first?.(...at('https://a.example/x'))).toEqual({ Authorization: basic('u', 'p') });
    const second = await goAuthCredentials({ ...env, GOAUTH: 'broken;netrc' }, { run });
    expect(await second?.(...at('https://a.example/x'))).toEqual({ Authorization: basic('u', 'p') });
    await expect(second?.(...at('https://b.example/x'))).rejects.toThrow('broken: it ended with status 1');
  });

  it('is never asked about plain http', async () => {
    const { run, asked } = answering(() => 'https://a.example\n\nX-Token: t\n\n');
    const ask = await goAuthCredentials({ GOAUTH: 'helper' }, { run });
    expect(await ask?.(...at('http://a.example/x'))).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('asks git about a URL, and takes no answer for another one', async () => {
    const output = 'protocol=https\nhost=a.example\nusername=u\npassword=p\n';
    const { run, asked } = answering((_, input) => {
      expect(input).toMatch(/^url=https:\/\/[ab]\.example\/x\n$/);
      return output;
    });
    const ask = await goAuthCredentials({ GOAUTH: `git ${directory}` }, { run });
    expect(await ask?.(...at('https://a.example/x'))).toEqual({ Authorization: basic('u', 'p') });
    await expect(ask?.(...at('https://b.example/x'))).rejects.toThrow('another URL');
    expect(asked).toEqual(['git credential fill', 'git credential fill']);
  });

  it('takes git for one that knows nothing where git cannot ask anybody, once in a while', async () => {
    let status = 128;
    const { run, asked } = answering(() => {
      throw new GoModKitError('upstream_unavailable', `git: it ended with status ${status}`, { data: { status } });
    });
    const ask = await goAuthCredentials({ GOAUTH: `git ${directory}` }, { run });
    for (let i = 0; i < 3; i++) expect(await ask?.(...at('https://a.example/x'))).toBeUndefined();
    expect(asked).toHaveLength(1);
    status = 1;
    await expect(ask?.(...at('https://b.example/x'))).rejects.toThrow('status 1');
  });

  it('still has what a command said by itself when many others were asked for', async () => {
    const { run } = answering((words) => (words.length === 1 ? 'https://a.example\n\nX-Token: t\n\n' : ''));
    const ask = await goAuthCredentials({ GOAUTH: 'helper' }, { run });
    for (let i = 0; i < 2100; i++) {
      await ask?.(...at(`https://b.example/${i}`));
      expect(await ask?.(...at('https://a.example/x'))).toEqual({ 'X-Token': ['t'] });
    }
  });

  it.each([
    [{ GOAUTH: 'off;netrc' }, 'cannot be combined'],
    [{ GOAUTH: 'netrc;' }, 'empty command'],
    [{ GOAUTH: 'git' }, 'absolute path'],
    [{ GOAUTH: 'git ./x' }, 'absolute path'],
    [{ GOAUTH: 'helper "x' }, 'unterminated'],
  ])('%j is refused', async (env, message) => {
    await expect(goAuthCredentials(env)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(message),
    });
  });

  it('is nothing for GOAUTH=off', async () => {
    expect(await goAuthCredentials({ GOAUTH: 'off' })).toBeUndefined();
  });
});

describe('real programs', () => {
  const script = (text: string) => {
    const path = join(directory, 'helper');
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it('are run without a shell', async () => {
    const path = script('printf "https://a.example\\n\\nX-Token: $1\\n\\n"');
    const ask = await goAuthCredentials({ GOAUTH: `${path} '$(id)'` });
    expect(await ask?.(...at('https://a.example/x'))).toEqual({ 'X-Token': ['$(id)'] });
  });

  it('that fail, print without end or are not there are failures that show nothing of what they print', async () => {
    for (const [text, why] of [
      ['echo secret; exit 3', 'status 3'],
      ['yes secret', 'printed more than'],
    ]) {
      const ask = await goAuthCredentials({ GOAUTH: script(text ?? '') });
      const failure = await Promise.resolve(ask?.(...at('https://a.example/x'))).catch((error) => error);
      expect(failure).toMatchObject({ code: 'upstream_unavailable', message: expect.stringContaining(why ?? '') });
      expect(failure.data.status).toBe(text?.endsWith('exit 3') ? 3 : undefined);
      expect(failure.message).not.toContain('secret');
    }
    const ask = await goAuthCredentials({ GOAUTH: join(directory, 'absent') });
    await expect(ask?.(...at('https://a.example/x'))).rejects.toThrow('cannot be run');
    const nameless = await goAuthCredentials({ GOAUTH: '""' });
    await expect(nameless?.(...at('https://a.example/x'))).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('end with their children when nobody waits any more', async () => {
    const mark = join(directory, 'mark');
    const path = script(`(sleep 1; touch ${mark}) & wait`);
    const controller = new AbortController();
    const ask = await goAuthCredentials({ GOAUTH: path });
    const asking = ask?.(new URL('https://a.example/x'), { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 100));
    controller.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(() => execFileSync('test', ['-e', mark])).toThrow();
  });
});

describe('splitWords', () => {
  it.each([
    ['a b', ['a', 'b']],
    [` a\t'b c'"d" `, ['a', 'b c', 'd']],
    [`a"b c"`, ['a"b', 'c"']],
    ['', []],
  ])('%j', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
});
