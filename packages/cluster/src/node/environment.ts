/** The environment of a container: `envFrom`, `env`, `valueFrom` and `$(VAR)`, in the order kubelet applies them. */
import { ConfigProblem } from './config-problem.ts';
import type { ConfigSource, PodFacts } from './config-source.ts';
import { fieldValue, resourceValue } from './downward.ts';
import { expandVariables } from './expand.ts';
import type { Container, EnvFromSource, EnvVar, KeySelector } from '../workloads/objects.ts';

export interface EnvironmentInput {
  facts: PodFacts;
  container: Container;
  source: ConfigSource;
  /** Lowest precedence; may be used in `$(VAR)`. */
  base: Readonly<Record<string, string>>;
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function secretText(data: Record<string, string> | undefined, key: string): string | undefined {
  const value = data?.[key];
  return value === undefined ? undefined : decode(value);
}

function keyedValue(
  input: EnvironmentInput,
  kind: 'ConfigMap' | 'Secret',
  ref: KeySelector,
): string | undefined {
  const namespace = input.facts.pod.metadata.namespace ?? '';
  const name = ref.name ?? '';
  const object =
    kind === 'ConfigMap'
      ? input.source.configMap(namespace, name)
      : input.source.secret(namespace, name);
  if (object === undefined) {
    if (ref.optional === true) return undefined;
    throw new ConfigProblem(`${kind.toLowerCase()} "${name}" not found`);
  }
  const value = kind === 'ConfigMap' ? object.data?.[ref.key] : secretText(object.data, ref.key);
  if (value === undefined && ref.optional !== true) {
    throw new ConfigProblem(`couldn't find key ${ref.key} in ${kind} ${namespace}/${name}`);
  }
  return value;
}

function variableValue(
  input: EnvironmentInput,
  variable: EnvVar,
  known: Record<string, string>,
): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined || from === null) return expandVariables(variable.value ?? '', known);
  if (from.fieldRef !== undefined) return fieldValue(input.facts, from.fieldRef);
  if (from.resourceFieldRef !== undefined) {
    const { containerName } = from.resourceFieldRef;
    const container =
      containerName === undefined || containerName === ''
        ? input.container
        : input.facts.pod.spec.containers.find((candidate) => candidate.name === containerName);
    return resourceValue(input.facts, from.resourceFieldRef, container);
  }
  if (from.configMapKeyRef !== undefined)
    return keyedValue(input, 'ConfigMap', from.configMapKeyRef);
  if (from.secretKeyRef !== undefined) return keyedValue(input, 'Secret', from.secretKeyRef);
  return '';
}

function bulkValues(input: EnvironmentInput, from: EnvFromSource): Record<string, string> {
  const namespace = input.facts.pod.metadata.namespace ?? '';
  const ref = from.configMapRef ?? from.secretRef;
  if (ref === undefined) return {};
  const isSecret = from.configMapRef === undefined;
  const name = ref.name ?? '';
  const object = isSecret
    ? input.source.secret(namespace, name)
    : input.source.configMap(namespace, name);
  if (object === undefined) {
    if (ref.optional === true) return {};
    throw new ConfigProblem(`${isSecret ? 'secret' : 'configmap'} "${name}" not found`);
  }
  const values: Record<string, string> = {};
  for (const [key, value] of Object.entries(object.data ?? {})) {
    values[`${from.prefix ?? ''}${key}`] = isSecret ? decode(value) : value;
  }
  return values;
}

/**
 * All variables of the container. Later sources win: base, `envFrom` in order, `env` in order; an `env` value sees what
 * came before it. Missing objects and keys that are not optional reject with ConfigProblem.
 */
export function resolveEnvironment(input: EnvironmentInput): Record<string, string> {
  const known: Record<string, string> = { ...input.base };
  for (const from of input.container.envFrom ?? []) Object.assign(known, bulkValues(input, from));
  for (const variable of input.container.env ?? []) {
    const value = variableValue(input, variable, known);
    if (value !== undefined) known[variable.name] = value;
  }
  return known;
}
