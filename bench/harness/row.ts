// What a row of the benchmark is.

/** Numbers of one run: the one that the row is about, and others worth a look. */
export interface Sample {
  readonly value: number;
  /** By the names in {@link Row.details}. */
  readonly details?: Readonly<Record<string, number>> | undefined;
}

/** A contestant that is ready to run, as often as asked. */
export interface Ready {
  run(): Promise<Sample>;
  /** Ends its programs. Its directory is removed afterwards. */
  teardown(): Promise<void>;
}

/** What a contestant may use. */
export interface Place {
  /** An empty directory of its own. */
  readonly directory: string;
  /** The directory that all contestants of the run share, for fixtures that are made once. */
  readonly shared: string;
}

/** One of those that are compared. */
export interface Contestant {
  readonly name: string;
  /** Why it cannot take part here; it is then shown as skipped. */
  absent?(): string | undefined;
  setup(place: Place): Promise<Ready>;
}

/** A bound that the medians of a row must keep. */
export interface Goal {
  /** What is wanted, in words. */
  readonly says: string;
  /** Whether it is met; undefined when that cannot be told because a contestant is missing. */
  met(median: (contestant: string) => number | undefined): boolean | undefined;
}

/** A named measurement. Ratios are to its first contestant. */
export interface Row {
  readonly name: string;
  /** One line for `--list`. */
  readonly about: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** Further numbers of each run, with their units. */
  readonly details?: Readonly<Record<string, string>> | undefined;
  readonly goals?: readonly Goal[] | undefined;
  /** How many rounds are enough where runs are long, whatever `--rounds` says. */
  readonly mostRounds?: number | undefined;
  /** `false` where the first run is as good as any other, because each starts from nothing. */
  readonly warmUp?: boolean | undefined;
  readonly contestants: readonly Contestant[];
}
