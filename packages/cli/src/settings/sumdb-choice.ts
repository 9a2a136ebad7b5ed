// Which checksum database verifies, how it is reached, and what is served below /sumdb/.
//
// Invariants:
// - The order: --sumdb, the configuration file, $GOSUMDB, `go env GOSUMDB`, sum.golang.org. The choice and its origin are said.
// - A database is reached as the go command reaches it: at its own URL where the setting names one, else through the upstream's /sumdb/
//   path where that serves it, else at its name (spec §10.24). A source from a configuration file is never gone past by default.
// - Names of private modules, and of what was published here, are asked of no database, whichever a client names.
// - Offline nobody is asked, and what the storage keeps of the database is served.

import {
  databaseAt,
  GoModKitError,
  isGoModKitError,
  module,
  refusePublished,
  type Storage,
  type SumdbSource,
  type SumdbVerification,
  sumdb,
} from '@gomodkit/core';
import type { GomodkitConfig } from '../config.ts';
import type { GoEnv } from './upstream-choice.ts';

/** Flags about checksums. */
export interface SumdbFlags {
  readonly sumdb?: string | undefined;
  readonly allowUnknown?: boolean | undefined;
  readonly private?: string | undefined;
}

/** What the choice depends on. */
export interface SumdbCandidates {
  readonly flags: SumdbFlags;
  readonly config: GomodkitConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly goEnv: GoEnv;
  readonly storage: Storage;
  /** The upstream's answers below /sumdb/; undefined where it has none. */
  readonly through: SumdbSource | undefined;
  /** The upstream is a source from the configuration file: only what somebody names is asked past it. */
  readonly ownSource: boolean;
  readonly offline?: boolean | undefined;
}

/** A database, or none. */
export interface SumdbChoice {
  /** For `createRepository`. */
  readonly verification: SumdbVerification | 'off';
  /** For `createHandler`; undefined where nothing can be answered. */
  readonly served: SumdbSource | undefined;
  /** For people: the database and where the choice came from. */
  readonly name: string;
  /** The name of the database that `served` has, whatever else it passes on. */
  readonly database?: string | undefined;
}

/** Chooses. Throws `invalid_argument` for a malformed setting, naming where it came from. */
export function chooseSumdb(candidates: SumdbCandidates): SumdbChoice {
  const { flags, config, goEnv, offline } = candidates;
  const through = offline ? undefined : candidates.through;
  const isPrivate = privatePatterns(flags.private ?? config.private, goEnv);
  const admit = refusePublished(candidates.storage);
  const rest = through === undefined ? undefined : passedThrough(through, isPrivate, admit);
  const unknown = (flags.allowUnknown ?? config.allowUnknown) ? 'allow' : 'require';
  if (typeof config.sumdb === 'object' && flags.sumdb === undefined) {
    return {
      verification: config.sumdb,
      served: rest,
      name: `${config.sumdb.client.name} (from the configuration file)`,
    };
  }
  const { text, origin, explicit } = settingOf(candidates);
  if (candidates.through === undefined && candidates.ownSource && !explicit) {
    return { verification: 'off', served: rest, name: 'none: the upstream is no proxy (--sumdb names one)' };
  }
  const database = parse(text, origin);
  if (database === undefined) {
    return { verification: 'off', served: rest, name: `off (from ${origin}): nothing is verified` };
  }
  const { name, key, url } = database;
  const past = candidates.ownSource && !explicit ? undefined : databaseAt(url ?? `https://${name}`);
  const remote = offline
    ? undefined
    : sumdb.databaseRemote({ name, through: url === undefined ? through : undefined, direct: past });
  const proxy = sumdb.createSumdbProxy({
    storage: candidates.storage,
    databases: [{ key, remote, noSumdb: isPrivate, admit }],
  });
  return {
    verification: { client: proxy.client(name), unknown },
    served: rest === undefined ? proxy : sumdb.combineSumdbs([proxy, rest]),
    database: name,
    name: `${name}${url === undefined ? '' : ` at ${shown(url)}`} (from ${origin})${isPrivate === '' ? '' : `, not for ${isPrivate}`}`,
  };
}

/** A database that is named, for those who ask nobody. Throws `invalid_argument`. */
export function chooseDatabase({
  flags,
  config,
  env,
  goEnv,
}: Pick<SumdbCandidates, 'flags' | 'config' | 'env' | 'goEnv'>): {
  /** Undefined where it is off. */
  readonly database: sumdb.GoSumdb | undefined;
  readonly origin: string;
  readonly noSumdb: string;
  readonly unknown: 'require' | 'allow';
} {
  const { text, origin } = settingOf({ flags, config, env, goEnv });
  return {
    database: parse(text, origin),
    origin,
    noSumdb: privatePatterns(flags.private ?? config.private, goEnv),
    unknown: (flags.allowUnknown ?? config.allowUnknown) ? 'allow' : 'require',
  };
}

interface Setting {
  readonly text: string;
  readonly origin: string;
  /** Somebody named it for gomodkit. */
  readonly explicit: boolean;
}

function settingOf({
  flags,
  config,
  env,
  goEnv,
}: Pick<SumdbCandidates, 'flags' | 'config' | 'env' | 'goEnv'>): Setting {
  const fromFile = typeof config.sumdb === 'string' ? config.sumdb : undefined;
  const order = [
    { text: flags.sumdb, origin: '--sumdb', explicit: true },
    { text: fromFile, origin: 'the configuration file', explicit: true },
    { text: env.GOSUMDB, origin: '$GOSUMDB', explicit: false },
    { text: goEnv.GOSUMDB, origin: 'go env GOSUMDB', explicit: false },
  ];
  for (const { text, origin, explicit } of order) {
    if (text !== undefined && (text !== '' || explicit)) return { text, origin, explicit };
  }
  return { text: sumdb.defaultGoSumdb, origin: 'the default', explicit: false };
}

function parse(text: string, origin: string): sumdb.GoSumdb | undefined {
  try {
    return sumdb.parseGoSumdb(text);
  } catch (cause) {
    if (!isGoModKitError(cause)) throw cause;
    const help = 'want off, sum.golang.org, NAME+HASH+KEY or "NAME+HASH+KEY URL"';
    throw new GoModKitError('invalid_argument', `${origin}: ${cause.message.replace(/^GOSUMDB: /, '')}; ${help}`, {
      cause,
    });
  }
}

/** As the go command: GONOSUMDB, else GOPRIVATE. What gomodkit is told to be private is added. */
export function privatePatterns(own: string | undefined, { GONOSUMDB, GOPRIVATE }: GoEnv): string {
  return [own, GONOSUMDB || GOPRIVATE].filter(Boolean).join(',');
}

/** What an offline server has of the database that was chosen, for people. */
export async function offlineName({ name, served, database }: SumdbChoice): Promise<string> {
  if (database === undefined) return name;
  const kept = await served?.sumdb(database, 'latest').catch(() => undefined);
  if (kept === undefined) return `none: nothing is kept here of ${name}`;
  const size = new TextDecoder().decode(kept).split('\n')[1];
  return `${name}, as kept here: a tree of ${size} records`;
}

/** Databases that nobody here verifies with: their clients do. */
function passedThrough(through: SumdbSource, patterns: string, admit: ReturnType<typeof refusePublished>): SumdbSource {
  return {
    async sumdb(database, path, options) {
      const [, escaped, version] = /^lookup\/([^@]+)@(.*)$/.exec(path.replaceAll('%21', '!')) ?? [];
      if (escaped !== undefined && version !== undefined) {
        const asked = { path: module.unescapePath(escaped), version: module.unescapeVersion(version) };
        if (asked.path !== 'golang.org/toolchain' && module.matchPrefixPatterns(patterns, asked.path)) {
          throw new GoModKitError(
            'denied',
            `${asked.path} is private here, so its name is not passed on to ${database}`,
            {
              data: { policy: 'GONOSUMDB' },
            },
          );
        }
        await admit(asked, database, options);
      }
      return through.sumdb(database, path, options);
    },
  };
}

function shown(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//***@');
}
