/** Resolves a ModelConfig with everything it refers to; used for its own status and by every agent that uses it. */
import type { Secret } from '@kagent/kube';
import type { ModelConfig } from '@kagent/spec';
import { ModelConfigSpec } from '@kagent/spec';
import { type HashedObject, secretHash, sha256Hex } from '../hash.ts';
import type { Scope } from '../lookup.ts';
import { findCaSecret, findSecret, requireKey, secretBytes } from '../values.ts';
import { type DesiredModel, desiredModel, hasSecret } from './desired.ts';

export interface ResolvedModel extends DesiredModel {
  /** `namespace/name` */
  ref: string;
}

export interface ModelResolution {
  /** Undefined when a problem was noted. */
  resolved: ResolvedModel | undefined;
  /** Hash of everything secret that was found; of nothing when the ModelConfig refers to nothing. */
  secretHash: string;
  refersToSecrets: boolean;
}

/** `scope.namespace` must be the namespace of the ModelConfig. Problems are noted there. */
export function resolveModelConfig(modelConfig: ModelConfig, scope: Scope): ModelResolution {
  const { name } = modelConfig.metadata;
  const ref = `${scope.namespace}/${name}`;
  const referrer = `ModelConfig ${ref}`;
  const parsed = ModelConfigSpec.safeParse(modelConfig.spec);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    scope.problems.push({
      reason: 'InvalidConfiguration',
      message: `${referrer}: ${['spec', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}`,
    });
    return { resolved: undefined, secretHash: secretHash([]), refersToSecrets: false };
  }
  const spec = parsed.data;
  const before = scope.problems.length;
  const apiKey = hasSecret(spec) ? findSecret(spec.apiKeySecret ?? '', scope, referrer) : undefined;
  const key = spec.apiKeySecretKey ?? '';
  if (apiKey !== undefined && key !== '') requireKey(apiKey, key, { scope, referrer });
  const ca = findCaSecret(spec.tls, scope, referrer);
  const translated = desiredModel(
    {
      ref,
      spec,
      secretKeys: Object.keys(apiKey?.data ?? {}),
      caVolumeName: caVolumeName(spec.tls?.caCertSecretRef ?? ''),
    },
    scope.problems,
  );
  const found = [apiKey, ca].filter((secret) => secret !== undefined);
  return {
    resolved:
      translated === undefined || scope.problems.length > before
        ? undefined
        : { ...translated, ref },
    secretHash: secretHash(unique(found, scope.namespace)),
    refersToSecrets: found.length > 0,
  };
}

/** Volume name of a CA Secret: readable when it is a DNS label of fitting length, else a hash. */
export function caVolumeName(secretName: string): string {
  const fits = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(secretName) && secretName.length <= 56;
  return `tls-ca-${fits ? secretName : sha256Hex(secretName).slice(0, 8)}`;
}

/** The API key and the CA bundle may be in the same Secret. */
function unique(secrets: readonly Secret[], namespace: string): HashedObject[] {
  const byName = new Map(secrets.map((secret) => [secret.metadata.name, secret]));
  return [...byName.values()].map((secret) => ({
    namespace,
    name: secret.metadata.name,
    data: secretBytes(secret),
  }));
}
