/** Types of metrics.k8s.io/v1beta1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const metrics: TypeTable = {
  NodeMetrics: `%kind # What a node uses.
    1 metadata meta.ObjectMeta
    2 timestamp Time ! # End of the measured interval.
    3 window string ! # Length of the interval, e.g. 15s.
    4 usage map[string]Quantity ! # CPU and memory.
  `,
  PodMetrics: `%kind # What the containers of a pod use.
    1 metadata meta.ObjectMeta
    2 timestamp Time ! # End of the measured interval.
    3 window string ! # Length of the interval, e.g. 15s.
    4 containers []ContainerMetrics ! @atomic # The running containers.
  `,
  ContainerMetrics: `
    1 name string !
    2 usage map[string]Quantity ! # CPU and memory.
  `,
};
