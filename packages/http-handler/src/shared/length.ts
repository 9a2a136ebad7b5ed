// Bodies that keep their word: as many bytes as `Content-Length` announces.
//
// Invariant: a byte too many is noticed before it is sent. On a kept-alive connection it would be read as the next answer.

/** Counts a body on its way. */
export interface LengthCheck {
  /** Throws when `bytes` more are too many. */
  took(bytes: number): void;
  /** Throws when bytes are missing. */
  ended(): void;
}

/** A check against what `Content-Length` says; without one every length is right. */
export function checkLength(announced: string | undefined): LengthCheck {
  let missing = Number(announced ?? Number.NaN);
  return {
    took(bytes) {
      missing -= bytes;
      if (missing < 0) throw new RangeError(`the body is longer than the ${announced} bytes announced`);
    },
    ended() {
      if (missing > 0) throw new RangeError(`the body is ${missing} bytes shorter than announced`);
    },
  };
}
