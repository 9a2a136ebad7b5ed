import { describe, expect, it } from 'vitest';
import { describeVectors } from '../../test/vectors.ts';
import { basic, findPrefix, mayCarryCredentials, netrcCredentials } from './credentials.ts';
import { parseCommandOutput, parseGitCredential } from './go-auth-output.ts';
import { parseNetrc } from './netrc.ts';

interface GoAuthCase {
  readonly op: string;
  readonly input: string;
  readonly lines: unknown;
  readonly stored: readonly string[];
  readonly url: string;
  readonly found: string;
  readonly ok: boolean;
  readonly credentials: unknown;
  readonly prefix: string;
  readonly username: string;
  readonly password: string;
}

describeVectors<GoAuthCase>('goauth', (file) => {
  const netrc = file.cases.filter(({ op }) => op === 'parseNetrc');
  it.each(netrc)('parseNetrc %#', ({ input, lines }) => {
    expect(parseNetrc(input)).toEqual(lines);
  });

  const load = file.cases.filter(({ op }) => op === 'loadCredential');
  it.each(load)('loadCredential $url', ({ stored, url, found }) => {
    expect(findPrefix(new URL(url), (prefix) => stored.includes(prefix)) ?? '').toBe(found);
  });

  const commands = file.cases.filter(({ op }) => op === 'parseUserAuth');
  it.each(commands)('parseUserAuth $input', ({ input, ok, credentials }) => {
    const parse = () => Object.fromEntries(parseCommandOutput(input));
    if (ok) expect(parse()).toEqual(credentials);
    else expect(parse).toThrow(/not of its format/);
  });

  const git = file.cases.filter(({ op }) => op === 'parseGitAuth');
  it.each(git)('parseGitAuth $input', ({ input, prefix, username, password }) => {
    expect(parseGitCredential(input)).toEqual({ prefix, username, password });
  });

  it('has no other rows', () => {
    expect(netrc.length + load.length + commands.length + git.length).toBe(file.count);
  });
});

describe('parseNetrc', () => {
  it('skips macros, incomplete machines and everything after a lone default', () => {
    const text = `
machine a.example login u password p
machine half.example login u
machine macro.example macdef x
login no password no

machine b.example
  password p2
  login u2
default
machine late.example login l password l
`;
    expect(parseNetrc(text).map(({ machine }) => machine)).toEqual(['a.example', 'b.example']);
  });
});

describe('netrcCredentials', () => {
  const ask = netrcCredentials(
    'machine a.example login u password p\nmachine a.example login other password x\nmachine b.example:8443 login ü password ö\n',
  );
  const options = {};

  it('takes the first entry of a machine, at any path', async () => {
    expect(await ask(new URL('https://a.example/x/@v/list'), options)).toEqual({ Authorization: basic('u', 'p') });
    expect(basic('u', 'p')).toBe('Basic dTpw');
  });

  it('minds the port, and writes UTF-8', async () => {
    expect(await ask(new URL('https://b.example:8443/'), options)).toEqual({ Authorization: 'Basic w7w6w7Y=' });
    expect(await ask(new URL('https://b.example/'), options)).toBeUndefined();
    expect(await ask(new URL('https://a.example.evil.example/'), options)).toBeUndefined();
  });
});

describe('mayCarryCredentials', () => {
  it.each([
    ['https://goproxy.example', true],
    ['http://goproxy.example', false],
    ['http://10.0.0.1', false],
    ['http://127.0.0.1:3000', true],
    ['http://localhost', true],
    ['http://[::1]:3000', true],
    ['http://localhost.example', false],
  ])('%s: %s', (url, expected) => {
    expect(mayCarryCredentials(new URL(url))).toBe(expected);
  });
});
