/**
 * How clients inside find the API server: Service, Endpoints and EndpointSlice `kubernetes` in the namespace `default`,
 * and the network the addresses of Services come from.
 */
import { isIPv4 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';

import type { Clock, Logger } from '@kagent/kube';

import { SYSTEM_USER } from './bootstrap.ts';
import { stringAt, valueAt } from './json.ts';
import type { ApiHandler, ApiResponse } from './request.ts';
import { SERVICE_NETWORK, SERVICE_OF_API_SERVER } from './services/ranges.ts';

const NAME = 'kubernetes';
const ANY_ADDRESS = '0.0.0.0';
const READY = {
  type: 'Ready',
  status: 'True',
  reason: '',
  message: 'Kubernetes default Service CIDR is ready',
};

interface Standard {
  path: string;
  /** What follows where the server listens. */
  following: string[];
  object: Record<string, unknown>;
}

function metadata(labels: Record<string, string>): Record<string, unknown> {
  return { name: NAME, namespace: 'default', labels };
}

function standards(ip: string, port: number): Standard[] {
  const endpointPorts = [{ name: 'https', port, protocol: 'TCP' }];
  return [
    {
      path: '/api/v1/namespaces/default/services',
      following: ['spec', 'ports'],
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: metadata({ component: 'apiserver', provider: NAME }),
        spec: {
          clusterIP: SERVICE_OF_API_SERVER,
          internalTrafficPolicy: 'Cluster',
          ipFamilyPolicy: 'SingleStack',
          ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
          sessionAffinity: 'None',
          type: 'ClusterIP',
        },
      },
    },
    {
      path: '/api/v1/namespaces/default/endpoints',
      following: ['subsets'],
      object: {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: metadata({ 'endpointslice.kubernetes.io/skip-mirror': 'true' }),
        subsets: [{ addresses: [{ ip }], ports: endpointPorts }],
      },
    },
    {
      path: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
      following: ['ports'],
      object: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: metadata({ 'kubernetes.io/service-name': NAME }),
        addressType: 'IPv4',
        endpoints: [{ addresses: [ip], conditions: { ready: true } }],
        ports: endpointPorts,
      },
    },
  ];
}

/**
 * Makes what is missing and points what is there to where the server listens now; `host` as it was given to the server.
 * Never rejects: a storage where something else has the address gives a cluster without, and a line in the log.
 */
export async function ensureApiServerService(
  handler: ApiHandler,
  { host, port, clock, logger }: { host: string; port: number; clock: Clock; logger: Logger },
): Promise<void> {
  const ip = isIPv4(host) && host !== ANY_ADDRESS ? host : '127.0.0.1';
  try {
    await ensureServiceNetwork(handler, clock.now());
    for (const standard of standards(ip, port)) await ensure(handler, standard);
  } catch (error) {
    logger.error({ error: String(error) }, 'the Service of the API server could not be made');
  }
}

async function ensureServiceNetwork(handler: ApiHandler, now: number): Promise<void> {
  const path = '/apis/networking.k8s.io/v1/servicecidrs';
  const lastTransitionTime = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: NAME },
    spec: { cidrs: [SERVICE_NETWORK] },
  };
  const made = await send(handler, 'POST', path, object);
  if (made.status === 409) return;
  const status = { conditions: [{ ...READY, lastTransitionTime }] };
  await send(handler, 'PUT', `${path}/${NAME}/status`, { ...object, status });
}

async function ensure(handler: ApiHandler, { path, object, following }: Standard): Promise<void> {
  const made = await send(handler, 'POST', path, object);
  if (made.status !== 409) return;
  const stored = await send(handler, 'GET', `${path}/${NAME}`);
  if (!isDeepStrictEqual(valueAt(stored, 'body', ...following), valueAt(object, ...following)))
    await send(handler, 'PUT', `${path}/${NAME}`, object);
}

async function send(
  handler: ApiHandler,
  method: string,
  ...[path, value]: [path: string, value?: unknown]
): Promise<ApiResponse> {
  const response = await handler({
    method,
    path,
    query: new URLSearchParams(method === 'GET' ? {} : { fieldManager: 'kube-apiserver' }),
    headers: {},
    ...(value === undefined ? {} : { body: { value } }),
    user: SYSTEM_USER,
  });
  if (response.status >= 400 && response.status !== 409)
    throw new Error(`${path}/${NAME}: ${stringAt(response, 'body', 'message')}`);
  return response;
}
