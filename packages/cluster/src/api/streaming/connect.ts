/** The connected subresources of pods: reads what a client wants of exec, attach and port-forward, and refuses like a real server. */
import type { PodStreams } from '../../node/streams/pod-streams.ts';
import { listAt, stringAt } from '../json.ts';
import type { ApiObject } from '../object.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { isTrue } from '../route.ts';
import { badRequest } from '../status-error.ts';
import { parsePort } from './port-forward.ts';
import type { ConnectSession } from './session.ts';

export const CONNECT_SUBRESOURCES = ['exec', 'attach', 'portforward'] as const;
export type ConnectSubresource = (typeof CONNECT_SUBRESOURCES)[number];

export function isConnectSubresource(name: string | undefined): name is ConnectSubresource {
  return CONNECT_SUBRESOURCES.some((known) => known === name);
}

/** The session for the binding to serve. Throws BadRequest; a container that does not run is a plain 500, as kubelet's. */
export function connectPod(
  pod: ApiObject,
  request: ApiRequest,
  { subresource, streams }: { subresource: ConnectSubresource; streams: PodStreams | undefined },
): ApiResponse {
  const { name, namespace = '' } = pod.metadata;
  const container = subresource === 'portforward' ? '' : containerOf(pod, request.query);
  if (!streams || !stringAt(pod, 'spec', 'nodeName'))
    throw badRequest(`pod ${name} does not have a host assigned`);
  if (subresource === 'portforward') {
    const connect = streams.portForward({ namespace, pod: name });
    if (!connect) return refusal(`pod not found ("${name}_${namespace}")`);
    return connection({ kind: 'port-forward', ports: portsOf(request.query), connect });
  }
  const wanted = wantedStreams(request.query);
  const target = { namespace, pod: name, container };
  const run =
    subresource === 'attach'
      ? streams.attach(target)
      : streams.exec({ ...target, command: commandOf(request.query), tty: wanted.tty });
  if (!run) return refusal(`container not found ("${container}")`);
  return connection({ kind: 'command', ...wanted, run });
}

function connection(session: ConnectSession): ApiResponse {
  return { kind: 'connect', status: 101, headers: {}, session };
}

/** Plain text, which clients show behind "unable to upgrade connection". */
function refusal(body: string): ApiResponse {
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return { kind: 'text', status: 500, headers, body };
}

const namesIn = (pod: ApiObject, list: string): string[] =>
  listAt(pod, 'spec', list).flatMap((item) => stringAt(item, 'name') ?? []);

function containerOf(pod: ApiObject, query: URLSearchParams): string {
  const { name } = pod.metadata;
  const wanted = query.get('container') ?? '';
  const names = namesIn(pod, 'containers');
  const init = namesIn(pod, 'initContainers');
  if (wanted !== '') {
    if ([...names, ...init, ...namesIn(pod, 'ephemeralContainers')].includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  const hint = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]${hint}`,
  );
}

function wantedStreams(query: URLSearchParams): {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
} {
  const flag = (name: string): boolean => isTrue(query.get(name));
  const tty = flag('tty');
  const wanted = {
    stdin: flag('stdin'),
    stdout: flag('stdout'),
    stderr: flag('stderr') && !tty,
    tty,
  };
  if (!wanted.stdin && !wanted.stdout && !wanted.stderr)
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return wanted;
}

function commandOf(query: URLSearchParams): string[] {
  const command = query.getAll('command');
  if (command.length === 0 || command[0] === '')
    throw badRequest('you must specify at least 1 word of a command');
  return command;
}

function portsOf(query: URLSearchParams): number[] {
  const texts = query.getAll('ports').flatMap((text) => text.split(','));
  return texts.map((text) => {
    const port = parsePort(text);
    if (port === undefined) throw badRequest(`unable to parse ${JSON.stringify(text)} as a port`);
    return port;
  });
}
