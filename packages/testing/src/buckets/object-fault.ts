// What can go wrong with an object store, and when.
//
// Invariants:
// - At most one fault hits a request: the first in the plan that matches and is not used up.
// - A fault says whether the work is done: `lost` loses the answer after it, everything else happens instead of it.

/** What happens to a request. */
export type ObjectFaultEffect =
  /** This answer instead of the work, with an error code as the service has them. */
  | { readonly status: number; readonly code?: string | undefined }
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
  /** The conditions of the request are ignored, as some endpoints do. */
  | { readonly unconditional: true };

/** Something that goes wrong. */
export type ObjectFault = ObjectFaultEffect & {
  /** Which operation: `PutObject`, `CompleteMultipartUpload`, … Default: all. */
  readonly operation?: string | undefined;
  /** How many matching requests it spares before it begins. Default 0. */
  readonly skip?: number | undefined;
  /** How many requests it hits. Default: no limit. */
  readonly times?: number | undefined;
};

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
