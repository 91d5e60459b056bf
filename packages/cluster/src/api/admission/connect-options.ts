/** What admission sees of a connection to a pod: its query as an object of the kind of the subresource. */
import type { ApiObject } from '../object.ts';

const KINDS = {
  exec: 'PodExecOptions',
  attach: 'PodAttachOptions',
  portforward: 'PodPortForwardOptions',
} as const;

const FLAGS = ['stdin', 'stdout', 'stderr', 'tty'];

/** A `PodExecOptions` and so on (core/v1) from the query of the request. */
export function connectOptions(subresource: keyof typeof KINDS, query: URLSearchParams): ApiObject {
  const options: ApiObject = {
    kind: KINDS[subresource],
    apiVersion: 'v1',
    metadata: { name: '' },
  };
  if (subresource === 'portforward') {
    const ports = query.getAll('ports').flatMap((text) => text.split(',').map(Number));
    return ports.length > 0 ? { ...options, ports } : options;
  }
  for (const flag of FLAGS) {
    const value = query.get(flag);
    if (value === 'true' || value === '1') options[flag] = true;
  }
  const container = query.get('container') ?? '';
  if (container !== '') options['container'] = container;
  const command = query.getAll('command');
  if (command.length > 0) options['command'] = command;
  return options;
}
