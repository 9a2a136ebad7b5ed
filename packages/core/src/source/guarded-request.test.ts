// Requests to hosts that others named: redirects, credentials, limits of size and time, cancelling.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readAll } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { type GuardedRequest, guardedRequest, type RequestSettings } from './guarded-request.ts';
import { networkGuard } from './network-guard.ts';

const names = new Map<string, readonly string[]>();
vi.mock('#net', () => ({
  async resolveAddresses(host: string) {
    if (host === 'silent.example') throw Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' });
    return names.get(host) ?? [];
  },
}));

beforeEach(() => {
  names.clear();
  names.set('a.example', ['192.0.2.1']);
  names.set('b.example', ['192.0.2.2']);
  names.set('corp.example', ['10.0.0.1']);
  names.set('corp2.example', ['10.0.0.2']);
});

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
  readonly authorization: string | null;
}

/** Asks for `request`; the servers redirect to `locations` in order and then give `answer`. */
function asking(
  request: Partial<Omit<GuardedRequest, 'url'>> & { readonly url?: string } = {},
  settings: Partial<RequestSettings> = {},
  locations: readonly (string | null)[] = [],
  answer: () => Response = () => new Response('hello'),
) {
  const sent: Sent[] = [];
  const all: RequestSettings = {
    network: networkGuard(),
    fetch: async (url, init) => {
      sent.push({ url, init, authorization: new Headers(init.headers).get('authorization') });
      const location = locations[sent.length - 1];
      if (location === undefined) return answer();
      return new Response('moved', { status: 302, headers: location === null ? {} : { location } });
    },
    ...settings,
  };
  const { url = 'https://a.example/x', ...rest } = request;
  const response = guardedRequest(all, { what: 'a page', limit: 1000, ...rest, url: new URL(url) });
  // Tests look at it later.
  response.catch(() => {});
  return { sent, response, text: async () => new TextDecoder().decode(await readAll((await response).body)) };
}

/** A body that sends `chunks` and then nothing more. */
function stalling(chunks: readonly string[]) {
  const left = [...chunks];
  const state = { cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = left.shift();
      if (chunk !== undefined) controller.enqueue(new TextEncoder().encode(chunk));
      return chunk === undefined ? new Promise<void>(() => {}) : undefined;
    },
    cancel: () => {
      state.cancelled = true;
    },
  });
  return { body, state };
}

describe('redirects', () => {
  it('are followed nine times, and the answer says where it came from', async () => {
    const locations = Array.from({ length: 9 }, (_, i) => `https://b.example/${i}`);
    const { sent, response, text } = asking({}, {}, locations);
    expect(await text()).toBe('hello');
    expect((await response).url.href).toBe('https://b.example/8');
    expect(sent).toHaveLength(10);
    const endless = asking({}, {}, [...locations, 'https://b.example/9']);
    await expect(endless.response).rejects.toMatchObject({
      code: 'upstream_invalid',
      message: 'b.example redirects more than 9 times for a page',
    });
  });

  it.each([
    ['http://a.example/', 'from https to plain http'],
    ['file:///etc/passwd', 'file: URL'],
    ['https://[bad', 'without saying where'],
    [null, 'without saying where'],
    ['https://127.0.0.1/', 'redirects to 127.0.0.1, which is a loopback address'],
    ['https://[::ffff:10.0.0.1]/', 'private address'],
    ['https://169.254.169.254/latest', 'link-local address'],
    ['https://corp.example/', 'redirects to corp.example, which is a private address'],
    ['https://absent.example/', 'redirects to absent.example, which has no address'],
  ])('to %s are refused, and nothing is sent there', async (location, message) => {
    const { sent, response } = asking({}, {}, [location]);
    await expect(response).rejects.toMatchObject({
      code: 'upstream_invalid',
      message: expect.stringContaining(message),
    });
    expect(sent).toHaveLength(1);
  });

  it('to a name that cannot be looked up now are no refusal', async () => {
    const { response } = asking({}, {}, ['https://silent.example/']);
    await expect(response).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('of what has a body are not followed', async () => {
    const body = new Uint8Array([1]);
    const { sent, response } = asking({ method: 'POST', body }, {}, ['https://a.example/y']);
    await expect(response).rejects.toThrow('a.example redirects a page, which is not sent twice');
    expect(sent.map(({ init }) => [init.method, init.body])).toEqual([['POST', body]]);
  });

  it('are followed by us alone', async () => {
    const { sent, text } = asking({});
    await text();
    expect(sent[0]?.init.redirect).toBe('manual');
    const hidden = asking({}, {}, [], () => Object.defineProperty(new Response(), 'type', { value: 'opaqueredirect' }));
    await expect(hidden.response).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('private addresses', () => {
  it.each(['https://127.0.0.1/x', 'https://[::1]:8080/x', 'https://corp.example/x'])(
    'are not asked: %s',
    async (url) => {
      const { sent, response } = asking({ url });
      await expect(response).rejects.toMatchObject({
        code: 'upstream_invalid',
        message: expect.stringMatching(/^a page would be asked of .* address; allow the host if that is intended$/),
      });
      expect(sent).toEqual([]);
    },
  );

  it('are asked where that is the word of the user, whose hosts lead to their neighbours', async () => {
    const trusted = { url: 'https://corp.example/x', trusted: true };
    expect(await asking(trusted, {}, ['https://corp2.example/']).text()).toBe('hello');
    expect(await asking(trusted, {}, ['https://corp.example/y', 'https://corp2.example/']).text()).toBe('hello');
    const upgraded = { url: 'http://corp.example/x', trusted: true };
    expect(await asking(upgraded, {}, ['https://corp.example/x', 'https://corp.example/y']).text()).toBe('hello');
    await expect(asking(trusted, {}, ['https://127.0.0.1/']).response).rejects.toThrow('loopback address');
    const throughStranger = asking(trusted, {}, ['https://b.example/', 'https://corp2.example/']);
    await expect(throughStranger.response).rejects.toThrow('b.example redirects to corp2.example, which is a private');
  });

  it('are out of reach for a stranger whose name moves there in the meantime', async () => {
    const network = networkGuard();
    for (const location of ['https://corp.example/', 'https://a.example/again']) {
      names.set('a.example', ['192.0.2.1']);
      const { sent, response } = asking(
        {},
        {
          network: {
            check: async (url, options) => {
              const admitted = await network.check(url, options);
              names.set('a.example', ['10.0.0.9']);
              return admitted;
            },
          },
        },
        [location],
      );
      await expect(response).rejects.toMatchObject({ code: 'upstream_invalid' });
      expect(sent).toHaveLength(1);
    }
  });
});

describe('credentials', () => {
  const credentials = (url: URL) => (url.host === 'a.example' ? { Authorization: 'Bearer t' } : undefined);

  it('go to their own origin, and once it is left to nobody', async () => {
    const locations = ['https://a.example/y', 'https://b.example/', 'https://a.example/z'];
    const { sent, text } = asking({}, { credentials }, locations);
    await text();
    expect(sent.map(({ authorization }) => authorization)).toEqual(['Bearer t', 'Bearer t', null, null]);
  });

  it('do not go to another port of their host', async () => {
    const { sent, text } = asking({}, { credentials }, ['https://a.example:8443/']);
    await text();
    expect(sent.map(({ authorization }) => authorization)).toEqual(['Bearer t', null]);
  });

  it('go over plain http to this machine alone, and are not even asked for otherwise', async () => {
    const asked: string[] = [];
    const all = (url: URL) => {
      asked.push(url.host);
      return { Authorization: 'Bearer t' };
    };
    const loopback = asking({ url: 'http://127.0.0.1/x', trusted: true }, { credentials: all });
    const plain = asking({ url: 'http://a.example/x' }, { credentials: all });
    await Promise.all([loopback.text(), plain.text()]);
    expect([loopback.sent[0]?.authorization, plain.sent[0]?.authorization]).toEqual(['Bearer t', null]);
    expect(asked).toEqual(['127.0.0.1']);
  });

  it.each([
    ['a header that is none', () => ({ Authorization: 'Bearer s3cret\n' + 'x: y' }), 'invalid_argument'],
    ['a source of them that fails', () => Promise.reject(new Error('s3cret')), 'upstream_unavailable'],
    [
      'a source of them that throws',
      () => {
        throw new TypeError('s3cret');
      },
      'upstream_unavailable',
    ],
  ])('are not shown by %s', async (_, failing, code) => {
    const { sent, response } = asking({}, { credentials: failing });
    const error = await response.catch((each) => each);
    expect(error).toMatchObject({ code });
    expect(error.message).not.toContain('s3cret');
    expect(sent).toEqual([]);
  });

  it('that are refused with a reason end in that reason', async () => {
    const reason = new GoModKitError('upstream_unavailable', 'the helper failed');
    const { response } = asking({}, { credentials: () => Promise.reject(reason) });
    await expect(response).rejects.toBe(reason);
  });
});

describe('limits', () => {
  it('end an answer that announces too much, and one that just goes on', async () => {
    const announced = asking({}, {}, [], () => new Response('x', { headers: { 'content-length': '1001' } }));
    await expect(announced.response).rejects.toMatchObject({ code: 'limit_exceeded', data: { limit: 1000 } });
    const { body, state } = stalling(['x'.repeat(600), 'x'.repeat(600)]);
    await expect(asking({}, {}, [], () => new Response(body)).text()).rejects.toMatchObject({ code: 'limit_exceeded' });
    expect(state.cancelled).toBe(true);
    expect(await asking({}, {}, [], () => new Response('x'.repeat(1000))).text()).toHaveLength(1000);
  });

  it('end what does not answer, stops in the middle, or takes too long in all', async () => {
    const silent = asking({}, { headers: 5, fetch: () => new Promise(() => {}) });
    await expect(silent.response).rejects.toMatchObject({
      code: 'upstream_timeout',
      message: expect.stringContaining('no answer for a page within 0.005 s'),
    });
    const stopping = stalling(['hel']);
    await expect(asking({}, { idle: 5 }, [], () => new Response(stopping.body)).text()).rejects.toMatchObject({
      code: 'upstream_timeout',
      message: expect.stringContaining('stopped in the middle'),
    });
    expect(stopping.state.cancelled).toBe(true);
    const dripping = stalling(['hel']);
    await expect(asking({}, { total: 5 }, [], () => new Response(dripping.body)).text()).rejects.toMatchObject({
      code: 'upstream_timeout',
      message: expect.stringContaining('no whole answer'),
    });
    expect(dripping.state.cancelled).toBe(true);
  });

  it('end the asking for credentials and addresses, too', async () => {
    const never = () => new Promise<undefined>(() => {});
    const late = { code: 'upstream_timeout' };
    await expect(asking({}, { headers: 5, credentials: never }).response).rejects.toMatchObject(late);
    await expect(asking({}, { headers: 5, network: { check: never } }).response).rejects.toMatchObject(late);
  });
});

describe('an answer', () => {
  it('of any status is an answer, without a body too', async () => {
    const { response, text } = asking({}, {}, [], () => new Response(null, { status: 404, headers: { 'x-a': 'b' } }));
    expect(await text()).toBe('');
    expect(await response).toMatchObject({ status: 404 });
    expect((await response).headers.get('x-a')).toBe('b');
  });

  it('that breaks is a failure of the network', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.error(Object.assign(new Error('x'), { code: 'ECONNRESET' })),
    });
    await expect(asking({}, {}, [], () => new Response(body)).text()).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining('connection reset'),
    });
    const refused = asking({}, { fetch: () => Promise.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' })) });
    await expect(refused.response).rejects.toMatchObject({ code: 'upstream_unavailable', data: { transient: true } });
  });

  it('lets go of its connection when it is cancelled', async () => {
    const { body, state } = stalling(['hel']);
    const { response } = asking({}, {}, [], () => new Response(body));
    await (await response).body.cancel();
    expect(state.cancelled).toBe(true);
  });
});

describe('a caller who gives up', () => {
  it('before the answer gets the reason, and an answer that comes late is let go', async () => {
    const controller = new AbortController();
    const { body, state } = stalling(['hel']);
    let answer = (_: Response) => {};
    const fetch = () => new Promise<Response>((resolve) => (answer = resolve));
    const { response } = asking({ signal: controller.signal }, { fetch });
    await new Promise((resolve) => setTimeout(resolve, 0));
    controller.abort(new Error('enough'));
    await expect(response).rejects.toThrow('enough');
    answer(new Response(body));
    await vi.waitFor(() => expect(state.cancelled).toBe(true));
  });

  it('in the middle of the body gets the reason, and the connection ends', async () => {
    const controller = new AbortController();
    const { body, state } = stalling(['hel']);
    const { response } = asking({ signal: controller.signal }, {}, [], () => new Response(body));
    const reader = (await response).body.getReader();
    await reader.read();
    const reading = reader.read();
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    expect(state.cancelled).toBe(true);
  });

  it('beforehand sends nothing', async () => {
    const { sent, response } = asking({ signal: AbortSignal.abort(new Error('never')) });
    await expect(response).rejects.toThrow('never');
    expect(sent).toEqual([]);
  });
});
