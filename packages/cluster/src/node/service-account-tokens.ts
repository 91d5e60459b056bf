/** Service account tokens of pods: fetched before a container starts, kept in memory, renewed before they expire. */
import type { Clock, KubeClient, Logger } from '@kagent/kube';

import type { Pod } from '../workloads/objects.ts';
import { tokenRequestOf, volumesOf } from './volumes.ts';
import type { PodFacts } from './config-source.ts';
import type { TokenRequest } from './volumes.ts';

interface Held {
  request: TokenRequest;
  token: string;
  renewAt: number;
}

export interface PodTokens {
  /** Fetches what is missing or due. Rejects with the server's refusal. */
  refresh(facts: PodFacts, signal?: AbortSignal): Promise<boolean>;
  get(request: TokenRequest): string | undefined;
}

/** Lifetime after which a token is renewed, as kubelet does. */
const RENEW_AFTER = 0.8;

function requestsOf(facts: PodFacts): TokenRequest[] {
  return volumesOf(facts)
    .flatMap((volume) => volume.projected?.sources ?? [])
    .flatMap((source) =>
      source.serviceAccountToken === undefined ? [] : [tokenRequestOf(source.serviceAccountToken)],
    );
}

function isSame(a: TokenRequest, b: TokenRequest): boolean {
  return a.audience === b.audience && a.expirationSeconds === b.expirationSeconds;
}

function tokenIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('status' in body)) return undefined;
  const { status } = body;
  if (typeof status !== 'object' || status === null || !('token' in status)) return undefined;
  return typeof status.token === 'string' ? status.token : undefined;
}

/** The tokens of one pod. A server without the TokenRequest API gives no token; the file is then missing. */
export function createPodTokens(options: {
  client: KubeClient;
  clock: Clock;
  logger: Logger;
}): PodTokens {
  const { client, clock, logger } = options;
  const held: Held[] = [];

  async function fetchToken(
    pod: Pod,
    request: TokenRequest,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const namespace = encodeURIComponent(pod.metadata.namespace ?? '');
    const account = encodeURIComponent(pod.spec.serviceAccountName ?? 'default');
    const { name, uid } = pod.metadata;
    const response = await client.raw({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: {},
        spec: {
          audiences: request.audience === '' ? [] : [request.audience],
          expirationSeconds: request.expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      },
      signal,
    });
    const token = tokenIn(response.body);
    if (token === undefined)
      logger.debug({ pod: name, status: response.status }, 'no service account token was given');
    return token;
  }

  return {
    async refresh(facts, signal) {
      let hasChanged = false;
      for (const request of requestsOf(facts)) {
        const index = held.findIndex((candidate) => isSame(candidate.request, request));
        if (index !== -1 && held[index]!.renewAt > clock.now()) continue;
        const token = await fetchToken(facts.pod, request, signal);
        if (token === undefined) continue;
        const renewAt = clock.now() + request.expirationSeconds * 1000 * RENEW_AFTER;
        held.splice(index === -1 ? held.length : index, 1, { request, token, renewAt });
        hasChanged = true;
      }
      return hasChanged;
    },
    get: (request) => held.find((candidate) => isSame(candidate.request, request))?.token,
  };
}
