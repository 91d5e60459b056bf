/** What pulling an image says, in containerd's words. Pure. */
import type { Pod, Secret } from '../workloads/objects.ts';
import { behaviourOf } from './assess.ts';
import type { ImageBehaviour } from './scenario.ts';

/** Images everybody knows, so that debugging pods work; they run until they are stopped. */
const PUBLIC_IMAGES: readonly ImageBehaviour[] = [
  ...['busybox', 'alpine', 'curlimages/curl', 'nicolaka/netshoot', 'ubuntu', 'debian'].map(
    (image) => ({
      image: `${image}*`,
      startup: '200ms',
      memory: '2Mi',
      cpu: '1m',
      cases: [
        { when: { args: String.raw`\b(sleep|tail -f|infinity)\b` } },
        { when: { args: '.' }, runs: '1s' },
        { when: {}, runs: '100ms' },
      ],
    }),
  ),
  { image: 'nginx*', memory: '12Mi', cpu: '2m', listens: [{ port: 80, paths: { '/': 200 } }] },
  { image: 'redis*', memory: '18Mi', cpu: '4m', listens: [{ port: 6379 }] },
  { image: 'postgres*', memory: '96Mi', cpu: '12m', listens: [{ port: 5432 }] },
  { image: 'registry.k8s.io/pause*', memory: '1Mi', cpu: '0' },
];

/** `busybox` → `docker.io/library/busybox:latest`. */
export function fullReference(image: string): string {
  const slash = image.indexOf('/');
  const first = slash === -1 ? '' : image.slice(0, slash);
  const hasHost = first.includes('.') || first.includes(':') || first === 'localhost';
  const named = hasHost
    ? image
    : slash === -1
      ? `docker.io/library/${image}`
      : `docker.io/${image}`;
  const last = named.slice(named.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? named : `${named}:latest`;
}

function registryOf(image: string): string {
  const full = fullReference(image);
  return full.slice(0, full.indexOf('/'));
}

function hasCredentials(
  pod: Pod,
  registry: string,
  secret: (name: string) => Secret | undefined,
): boolean {
  const references =
    (pod.spec as { imagePullSecrets?: { name?: string }[] }).imagePullSecrets ?? [];
  return references.some(({ name = '' }) => {
    const text = secret(name)?.data?.['.dockerconfigjson'];
    if (text === undefined) return false;
    try {
      const config: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
      const auths = (config as { auths?: Record<string, unknown> } | null)?.auths ?? {};
      return Object.keys(auths).some(
        (host) => host.replace(/^https?:\/\//, '').split('/')[0] === registry,
      );
    } catch {
      return false;
    }
  });
}

export type Pull = { behaviour: ImageBehaviour } | { error: string };

/** Behaviour of the image, or why it cannot be pulled. An image nobody knows is `not found`. */
export function pullImage(
  images: readonly ImageBehaviour[],
  pod: Pod,
  of: { image: string; secret(name: string): Secret | undefined },
): Pull {
  const full = fullReference(of.image);
  const behaviour = behaviourOf(images, of.image) ?? behaviourOf(PUBLIC_IMAGES, of.image);
  const failed = (code: string, reason: string) => ({
    error: `rpc error: code = ${code} desc = failed to pull and unpack image "${full}": failed to resolve reference "${full}": ${reason}`,
  });
  if (behaviour === undefined) return failed('NotFound', `${full}: not found`);
  const { error, secret } = behaviour.pull ?? {};
  if (error !== undefined) return failed('Unknown', error);
  const registry = registryOf(of.image);
  if (secret !== undefined && !hasCredentials(pod, registry, of.secret)) {
    const path = full.slice(full.indexOf('/') + 1).replace(/[:@].*$/, '');
    return failed(
      'Unknown',
      `failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://${registry}/token?scope=repository%3A${encodeURIComponent(path)}%3Apull&service=${registry}: 401 Unauthorized`,
    );
  }
  return { behaviour };
}
