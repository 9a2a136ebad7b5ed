import { describe, expect, it } from 'vitest';
import { describeRequest } from '../requests/request.ts';
import { createFaultPlan, type Fault, nameOf } from './fault.ts';

const list = describeRequest('GET', '/a.b/c/@v/list');
const zip = describeRequest('GET', '/a.b/c/@v/v1.0.0.zip');

describe('a fault plan', () => {
  it('hits matching requests with the first fault that is not used up', () => {
    const once: Fault = { match: { kind: 'zip' }, status: 500, times: 1 };
    const then: Fault = { match: { kind: 'zip' }, reset: true };
    const plan = createFaultPlan([once, then]);
    expect([list, zip, zip, zip].map((request) => plan.decide(request))).toEqual([undefined, once, then, then]);
    expect([plan.hits(once), plan.hits(then)]).toEqual([1, 2]);
  });

  it('spares the first requests, then hits the given number', () => {
    const fault: Fault = { status: 503, skip: 2, times: 2 };
    const plan = createFaultPlan([fault]);
    const hit = Array.from({ length: 6 }, () => plan.decide(list) === fault);
    expect(hit).toEqual([false, false, true, true, false, false]);
    expect(plan.hits(fault)).toBe(2);
  });

  it('hits nothing with a fault that hits no times', () => {
    const fault: Fault = { status: 503, times: 0 };
    const plan = createFaultPlan([fault]);
    expect([plan.decide(list), plan.hits(fault)]).toEqual([undefined, 0]);
  });

  it('can be changed at any time', () => {
    const plan = createFaultPlan();
    const remove = plan.add({ status: 503 });
    expect(plan.decide(list)).toBeDefined();
    remove();
    expect(plan.decide(list)).toBeUndefined();
    plan.add({ hang: true });
    plan.clear();
    expect(plan.decide(list)).toBeUndefined();
  });

  it('names faults by their effect', () => {
    const faults: Fault[] = [{ latency: 1 }, { latency: 1, hang: true }, { status: 500, name: 'outage' }];
    expect(faults.map(nameOf)).toEqual(['latency', 'hang', 'outage']);
  });
});
