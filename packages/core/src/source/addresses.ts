// What kind of network an IP address belongs to.
//
// Invariants:
// - Every spelling of an IPv4 address inside IPv6 (mapped, compatible, NAT64, 6to4) is judged as that IPv4 address.
// - What does not parse as an address is 'unknown', never 'public'.
// - Hosts in decimal, octal or hexadecimal have been normalised by the URL parser before they come here.

/**
 * `public`: anybody's. `loopback`: this machine. `local`: link-local addresses, where metadata services of clouds live.
 * `private`: networks of an organisation. `reserved`: nobody's, or many at once. `unknown`: no address at all.
 */
export type AddressKind = 'public' | 'loopback' | 'local' | 'private' | 'reserved' | 'unknown';

type Range = readonly [prefix: string, bits: number, kind: AddressKind];

const ranges4: readonly Range[] = [
  ['0.0.0.0', 8, 'loopback'], // connects to this machine on most systems
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'], // carrier-grade NAT, and metadata of one cloud
  ['127.0.0.0', 8, 'loopback'],
  ['168.63.129.16', 32, 'local'], // platform services of one cloud, in public space
  ['169.254.0.0', 16, 'local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'local'], // protocol assignments, and metadata of one cloud
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'private'], // benchmarks
  ['224.0.0.0', 4, 'reserved'], // multicast
  ['240.0.0.0', 4, 'reserved'], // future use, broadcast
];

const ranges6: readonly Range[] = [
  ['::', 128, 'loopback'],
  ['::1', 128, 'loopback'],
  ['100::', 64, 'reserved'], // discard
  ['64:ff9b:1::', 48, 'private'], // NAT64 of an organisation
  ['2001::', 32, 'reserved'], // Teredo hides an IPv4 address
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'local'],
  ['fec0::', 10, 'private'],
  ['ff00::', 8, 'reserved'],
];

/** Where IPv6 addresses carry an IPv4 address: prefix, its length, and the first of the two groups. */
const embedded: readonly (readonly [prefix: string, bits: number, group: number])[] = [
  ['::ffff:0:0', 96, 6],
  ['::ffff:0:0:0', 96, 6],
  ['::', 96, 6],
  ['64:ff9b::', 96, 6],
  ['2002::', 16, 1],
];

/** The kind of an address in text form, with or without brackets and zone. */
export function addressKind(text: string): AddressKind {
  const address = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  const four = parse4(address);
  if (four !== undefined) return kindOf(four, ranges4, parse4);
  const six = parse6(address);
  if (six === undefined) return 'unknown';
  for (const [prefix, bits, kind] of ranges6) if (within(six, parse6(prefix), bits)) return kind;
  for (const [prefix, bits, group] of embedded) {
    if (!within(six, parse6(prefix), bits)) continue;
    return kindOf(six.slice(group * 2, group * 2 + 4), ranges4, parse4);
  }
  return 'public';
}

/** Whether a URL's host is an address in itself. */
export function isAddress(host: string): boolean {
  return addressKind(host) !== 'unknown';
}

type Parse = (text: string) => readonly number[] | undefined;

function kindOf(address: readonly number[], ranges: readonly Range[], parse: Parse): AddressKind {
  return ranges.find(([prefix, bits]) => within(address, parse(prefix), bits))?.[2] ?? 'public';
}

function within(address: readonly number[], prefix: readonly number[] | undefined, bits: number): boolean {
  if (prefix === undefined || prefix.length !== address.length) return false;
  return address.every((byte, i) => {
    const left = Math.min(8, Math.max(0, bits - i * 8));
    return (byte ^ (prefix[i] ?? 0)) >> (8 - left) === 0;
  });
}

function parse4(text: string): readonly number[] | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parse6(text: string): readonly number[] | undefined {
  if (!/^[0-9a-f:.]+$/i.test(text) || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 16 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 0) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])];
}

/** The bytes of colon-separated groups, the last of which may be an IPv4 address. */
function groupsOf(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    const four = i === groups.length - 1 ? parse4(group) : undefined;
    if (four !== undefined) bytes.push(...four);
    else if (/^[0-9a-f]{1,4}$/i.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255);
    else return undefined;
  }
  return bytes;
}
