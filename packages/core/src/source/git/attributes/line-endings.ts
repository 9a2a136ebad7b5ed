// Line ends of checked-out files (spec §6.17).
//
// Invariants:
// - A LF that follows a CR stays as it is; every other one becomes CR LF.
// - `text=auto` leaves a file alone that has any CR, or that git takes for binary: a NUL byte, or more than one unprintable byte in
//   128 printable ones. A Ctrl-Z at the very end is not counted.

const lf = 0x0a;
const cr = 0x0d;

/** The bytes with every bare LF turned into CR LF: the very array when there is none. */
export function toCrlf(bytes: Uint8Array): Uint8Array {
  let bare = 0;
  for (let at = bytes.indexOf(lf); at !== -1; at = bytes.indexOf(lf, at + 1)) if (bytes[at - 1] !== cr) bare++;
  if (bare === 0) return bytes;
  const converted = new Uint8Array(bytes.length + bare);
  let from = 0;
  let to = 0;
  for (let at = bytes.indexOf(lf); at !== -1; at = bytes.indexOf(lf, at + 1)) {
    converted.set(bytes.subarray(from, at), to);
    to += at - from;
    from = at;
    if (bytes[at - 1] !== cr) converted[to++] = cr;
  }
  converted.set(bytes.subarray(from), to);
  return converted;
}

/** The same, for files that look like text and have no CR. */
export function toCrlfIfPlainText(bytes: Uint8Array): Uint8Array {
  return isPlainText(bytes) ? toCrlf(bytes) : bytes;
}

/** Below 0x20 these are printable: BS, TAB, LF, FF, ESC. */
const printableControls = new Set([0x08, 0x09, lf, 0x0c, 0x1b]);

function isPlainText(bytes: Uint8Array): boolean {
  let printable = 0;
  let unprintable = bytes[bytes.length - 1] === 0x1a ? -1 : 0;
  for (const byte of bytes) {
    if (byte === cr || byte === 0) return false;
    if (byte === lf) continue;
    if (byte === 0x7f || (byte < 0x20 && !printableControls.has(byte))) unprintable++;
    else printable++;
  }
  return printable >> 7 >= unprintable;
}
