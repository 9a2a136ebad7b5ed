// What can go wrong with an object store, and when.
//
// Invariants:
// - At most one fault hits a request: the first in the plan that matches and is not used up.
// - A fault says whether the work is done: `lost` loses the answer after it, everything else happens instead of it.

/** What happens to a request. */
export type ObjectFaultEffect =
  /**
   * This answer instead of the work, with an error code as the service has them; `after` so many bytes of the request's body, if given:
   * the rest is not read and the connection closed.
   */
  | { readonly status: number; readonly code?: string | undefined; readonly after?: number | undefined }
  /** The connection is reset before the work. */
  | { readonly reset: true }
  /** The work is done, and then the connection is reset. */
  | { readonly lost: true }
  /** No answer, until the client leaves or the server closes. */
  | { readonly stall: true }
  /** So many bytes of the right answer, then the connection is reset. */
  | { readonly truncate: number }
  /** So many bytes of the right answer, then nothing more. */
  | { readonly freeze: number }
  /** The right answer with one byte of its body changed. */
  | { readonly corrupt: true }
  /** The right answer, whose headers announce another checksum than that of its body. */
  | { readonly wrongChecksum: true }
  /** One byte of the request's body is changed before the work. */
  | { readonly damage: true }
  /** A listing answers with the page before once more, its token included; or with nothing, though there is more. */
  | { readonly page: 'stale' | 'empty' }
  /** The conditions of the request are ignored, as some endpoints do. */
  | { readonly unconditional: true };

/** Something that goes wrong. */
export type ObjectFault = ObjectFaultEffect & {
  /** Which operation, as the fake names it: `PutObject`, `objects.list`, … Default: all. */
  readonly operation?: string | undefined;
  /** How many matching requests it spares before it begins. Default 0. */
  readonly skip?: number | undefined;
  /** How many requests it hits. Default: no limit. */
  readonly times?: number | undefined;
};

/** The effects that change the work and not the sending of its answer. */
export interface WorkFaults {
  /** Whether conditions count. */
  readonly conditional: boolean;
  readonly page: 'stale' | 'empty' | undefined;
}

/** How a fault changes the work itself. */
export function workFaults(fault: ObjectFaultEffect | undefined): WorkFaults {
  if (fault === undefined) return { conditional: true, page: undefined };
  return { conditional: !('unconditional' in fault), page: 'page' in fault ? fault.page : undefined };
}

/** The faults of a running server. May be changed at any time. */
export class ObjectFaults {
  #plan: readonly ObjectFault[];
  readonly #matched = new Map<ObjectFault, number>();

  constructor(plan: readonly ObjectFault[] = []) {
    this.#plan = plan;
  }

  /** Puts other faults in the place of those that are there. */
  set(plan: readonly ObjectFault[]): void {
    this.#plan = plan;
    this.#matched.clear();
  }

  /** The fault that hits a request, which then counts as hit. */
  decide(operation: string): ObjectFault | undefined {
    return this.#plan.find((fault) => {
      if (fault.operation !== undefined && fault.operation !== operation) return false;
      const before = this.#matched.get(fault) ?? 0;
      const { skip = 0, times = Number.POSITIVE_INFINITY } = fault;
      if (before >= skip + times) return false;
      this.#matched.set(fault, before + 1);
      return before >= skip;
    });
  }
}
