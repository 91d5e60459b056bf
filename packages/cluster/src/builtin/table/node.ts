/** Types of node.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const node: TypeTable = {
  RuntimeClass: `%kind # A way of running the containers of a pod.
    1 metadata meta.ObjectMeta
    2 handler string ! # Name under which the container runtime knows it; cannot be changed.
    3 overhead *Overhead # Resources every pod of this class needs in addition.
    4 scheduling *Scheduling # Nodes that can run it.
  `,
  Overhead: `
    1 podFixed map[string]Quantity
  `,
  Scheduling: `
    1 nodeSelector map[string]string @atomic
    2 tolerations []core.Toleration @atomic
  `,
};
