// What S3 says of an object, in the form of the contract.
//
// Invariant: get, head and list say the same. Answers about one object carry its time in whole seconds, listings carry more on some
// endpoints: the seconds count.

/** An entity tag without its quotes. */
export function bareEtag(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

/** A time cut to its second. */
export function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
