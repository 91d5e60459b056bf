/** Reads values that fields refer to: keys of Secrets and ConfigMaps, header lists. */
import type { Secret } from '@kagent/kube';
import type { TLSConfig, ValueRef, ValueSource } from '@kagent/spec';
import type { Scope } from './lookup.ts';

/** Finds a Secret, or notes a problem that says who wanted it. */
export function findSecret(name: string, scope: Scope, referrer: string): Secret | undefined {
  const secret = scope.lookup.get('Secret', { namespace: scope.namespace, name });
  if (secret === undefined) {
    scope.problems.push({
      reason: 'SecretNotFound',
      message: `Secret ${scope.namespace}/${name}, needed by ${referrer}, does not exist; create it or correct the reference`,
    });
  }
  return secret;
}

/** True if the Secret has the key; else notes a problem. */
export function requireKey(
  secret: Secret,
  key: string,
  target: { scope: Scope; referrer: string },
): boolean {
  if (secret.data?.[key] !== undefined) return true;
  target.scope.problems.push({
    reason: 'SecretKeyNotFound',
    message: `Secret ${target.scope.namespace}/${secret.metadata.name} has no key ${key}, needed by ${target.referrer}; add the key or correct the reference`,
  });
  return false;
}

/** The text behind a reference, or undefined with a problem noted. */
export function resolveValueSource(
  source: ValueSource,
  scope: Scope,
  referrer: string,
): string | undefined {
  const { namespace } = scope;
  if (source.type === 'Secret') {
    const secret = findSecret(source.name, scope, referrer);
    if (secret === undefined || !requireKey(secret, source.key, { scope, referrer }))
      return undefined;
    return decodeBase64(secret.data?.[source.key] ?? '').toString('utf8');
  }
  const configMap = scope.lookup.get('ConfigMap', { namespace, name: source.name });
  if (configMap === undefined) {
    scope.problems.push({
      reason: 'ConfigMapNotFound',
      message: `ConfigMap ${namespace}/${source.name}, needed by ${referrer}, does not exist; create it or correct the reference`,
    });
    return undefined;
  }
  const value = configMap.data?.[source.key];
  if (value === undefined) {
    scope.problems.push({
      reason: 'ConfigMapKeyNotFound',
      message: `ConfigMap ${namespace}/${source.name} has no key ${source.key}, needed by ${referrer}; add the key or correct the reference`,
    });
  }
  return value;
}

/** Header name → value, in list order; a later entry of the same name wins. Unresolvable entries are left out. */
export function resolveHeaders(
  refs: readonly ValueRef[] | undefined,
  scope: Scope,
  referrer: string,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const ref of refs ?? []) {
    const literal = ref.value !== undefined && ref.value !== '' ? ref.value : undefined;
    const value =
      literal ??
      (ref.valueFrom === undefined
        ? ''
        : resolveValueSource(ref.valueFrom, scope, `header ${ref.name} of ${referrer}`));
    if (value !== undefined) headers[ref.name] = value;
  }
  return headers;
}

/** Values of a Secret as bytes. */
export function secretBytes(secret: Secret): Record<string, Uint8Array> {
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, decodeBase64(value)]),
  );
}

/** The Secret with the CA bundle of a TLS block, if it names one and the Secret has the key. */
export function findCaSecret(
  tls: TLSConfig | undefined,
  scope: Scope,
  referrer: string,
): Secret | undefined {
  const { caCertSecretRef: name, caCertSecretKey: key } = tls ?? {};
  if (name === undefined || name === '' || key === undefined || key === '') return undefined;
  const secret = findSecret(name, scope, `tls of ${referrer}`);
  if (secret === undefined) return undefined;
  return requireKey(secret, key, { scope, referrer: `tls of ${referrer}` }) ? secret : undefined;
}

function decodeBase64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}
