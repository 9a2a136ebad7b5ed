// Names to addresses where the runtime keeps that to itself: Workers and browsers.

/** Undefined: nobody can tell here. */
export function resolveAddresses(_host: string): Promise<readonly string[] | undefined> {
  return Promise.resolve(undefined);
}
