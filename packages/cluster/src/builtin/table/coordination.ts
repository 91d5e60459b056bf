/** Types of coordination.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const coordination: TypeTable = {
  Lease: `%kind # A lock with an expiry, e.g. for leader election.
    1 metadata meta.ObjectMeta
    2 spec LeaseSpec
  `,
  LeaseSpec: `
    1 holderIdentity *string
    2 leaseDurationSeconds *int32
    3 acquireTime *MicroTime
    4 renewTime *MicroTime
    5 leaseTransitions *int32
    6 strategy *string
    7 preferredHolder *string
  `,
};
