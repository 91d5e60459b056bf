/** Ports of Services on the node: 30000 to 32767, given out here when nobody asked for a certain one. */
import type { Service, ServicePort } from '../objects.ts';

const FIRST = 30_000;
const LAST = 32_767;

function hasNodePorts({ spec }: Service): boolean {
  return (
    spec?.type === 'NodePort' ||
    (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
  );
}

/** True for a Service with ports that should have a node port and have none. */
export function needsNodePorts(service: Service): boolean {
  return (
    hasNodePorts(service) && (service.spec?.ports ?? []).some(({ nodePort = 0 }) => nodePort === 0)
  );
}

export interface NodePorts {
  /** Remembers that its ports are taken. */
  claim(service: Service): void;
  release(service: Service): void;
  /** The ports of the Service, all with a node port; undefined when none is free any more. */
  fill(service: Service): ServicePort[] | undefined;
}

export function createNodePorts(): NodePorts {
  const used = new Set<number>();
  let candidate = FIRST;

  function next(): number | undefined {
    for (let tries = LAST - FIRST; tries >= 0; tries -= 1) {
      const port = candidate;
      candidate = candidate === LAST ? FIRST : candidate + 1;
      if (used.has(port)) continue;
      used.add(port);
      return port;
    }
    return undefined;
  }

  const portsOf = (service: Service): number[] =>
    (service.spec?.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []);

  return {
    claim(service) {
      for (const port of portsOf(service)) used.add(port);
    },
    release(service) {
      for (const port of portsOf(service)) used.delete(port);
    },
    fill(service) {
      /** One node port may serve the same port for TCP and UDP. */
      const shared = new Map<number, number>();
      const filled: ServicePort[] = [];
      for (const port of service.spec?.ports ?? []) {
        const nodePort = port.nodePort || (shared.get(port.port) ?? next());
        if (nodePort === undefined) return undefined;
        shared.set(port.port, nodePort);
        filled.push({ ...port, nodePort });
      }
      return filled;
    },
  };
}
