/** The variables that tell a container about Services: `WEB_SERVICE_HOST` and the names docker links had. Pure. */
import type { Service } from '../workloads/objects.ts';

function upper(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function oneService(service: Service): Record<string, string> {
  const { clusterIP = '', ports = [] } = service.spec ?? {};
  const [first] = ports;
  if (clusterIP === '' || clusterIP === 'None' || first === undefined) return {};
  const prefix = upper(service.metadata.name);
  const env: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: clusterIP,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
    [`${prefix}_PORT`]: `${(first.protocol ?? 'TCP').toLowerCase()}://${clusterIP}:${first.port}`,
  };
  for (const { name = '', port, protocol = 'TCP' } of ports) {
    if (name !== '') env[`${prefix}_SERVICE_PORT_${upper(name)}`] = String(port);
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    env[link] = `${protocol.toLowerCase()}://${clusterIP}:${port}`;
    env[`${link}_PROTO`] = protocol.toLowerCase();
    env[`${link}_PORT`] = String(port);
    env[`${link}_ADDR`] = clusterIP;
  }
  return env;
}

/**
 * Variables of the Services of a namespace
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
export function serviceEnvironment(services: readonly Service[]): Record<string, string> {
  const sorted = services.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return Object.assign({}, ...sorted.map(oneService)) as Record<string, string>;
}
