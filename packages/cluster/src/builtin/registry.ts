/**
 * The built-in kinds: `resources.ts` says how each is called and what it can do; schema, strategy and columns come from the
 * tables beside. Schemas are compiled when a kind is first used.
 */
import type { KindDefinition, KindVersion, PrinterColumn } from '../api/kinds.ts';
import { compileSource } from '../schema/compile.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { AGE } from './columns/cells.ts';
import { GoForm } from './go-form.ts';
import { METRICS_RESOURCES, RESOURCES, type Resource } from './resources.ts';
import { builtinSource } from './schemas.ts';
import { strategyOf } from './strategies/strategy.ts';
import { builtinTypes } from './types.ts';

/**
 * Every built-in resource, core first. Reviews have only the verb `create` and are never stored. Types of subresources
 * (Eviction, Scale, TokenRequest, Binding) are not resources: see `builtinObjectSchema`.
 */
export function builtinKinds(): KindDefinition[] {
  return RESOURCES.map((resource) => definition(resource));
}

/** NodeMetrics and PodMetrics, served only where somebody measures. */
export function metricsKindDefinitions(): KindDefinition[] {
  return METRICS_RESOURCES.map((resource) => definition(resource));
}

function definition(resource: Resource): KindDefinition {
  const { type, plural } = resource;
  const { group, version } = builtinTypes.groupOf(type);
  const kind = type.slice(type.indexOf('.') + 1);
  return {
    group,
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: resource.shortNames ?? [],
    categories: categories(resource),
    namespaced: resource.isClusterScoped !== true,
    versions: [new BuiltinVersion(resource, version)],
    strategy: strategyOf(type),
    verbs: resource.verbs,
    hasGeneration: WITH_GENERATION.has(type),
    ...(resource.storedAs !== undefined && { storedAs: resource.storedAs }),
    ...(resource.compute !== undefined && { compute: resource.compute }),
  };
}

/** Kinds whose objects have `metadata.generation` on a real API server. */
const WITH_GENERATION = new Set([
  'core.Pod',
  'core.PodTemplate',
  'core.ReplicationController',
  'apps.DaemonSet',
  'apps.Deployment',
  'apps.ReplicaSet',
  'apps.StatefulSet',
  'batch.CronJob',
  'batch.Job',
  'crd.CustomResourceDefinition',
  'discovery.EndpointSlice',
  'flowcontrol.FlowSchema',
  'flowcontrol.PriorityLevelConfiguration',
  'networking.Ingress',
  'networking.IngressClass',
  'networking.NetworkPolicy',
  'policy.PodDisruptionBudget',
  'admission.MutatingWebhookConfiguration',
  'admission.ValidatingWebhookConfiguration',
  'admission.ValidatingAdmissionPolicy',
  'admission.ValidatingAdmissionPolicyBinding',
  'admission.MutatingAdmissionPolicy',
  'admission.MutatingAdmissionPolicyBinding',
]);

function categories({ type, isInAll }: Resource): string[] {
  if (isInAll === true) return ['all'];
  const isExtension = /^(?:crd|admission|apiregistration)\./.test(type);
  return isExtension ? ['api-extensions'] : [];
}

/** Compiles its schema when it is first asked for. */
class BuiltinVersion implements KindVersion {
  readonly version: string;
  readonly served = true;
  readonly storage = true;
  readonly columns: PrinterColumn[];
  readonly rowConditions: KindVersion['rowConditions'];
  readonly deprecation: string | undefined;
  readonly status: boolean;
  readonly scale: KindVersion['scale'];
  readonly selectableFields: string[];
  readonly #type: string;
  #schema: ObjectSchema | undefined;

  constructor(resource: Resource, version: string) {
    this.version = version;
    this.columns = resource.columns ?? [AGE];
    this.rowConditions = resource.rowConditions;
    this.deprecation = resource.deprecation;
    this.status = resource.status === true;
    this.scale = resource.scale;
    this.selectableFields = resource.fields ?? [];
    this.#type = resource.type;
  }

  get schema(): ObjectSchema {
    this.#schema ??= goSchema(this.#type);
    return this.#schema;
  }
}

const goForm = new GoForm(builtinTypes);

/** Defaults are for the parts of a Go struct, which are always there, and have the same form themselves. */
function goSchema(type: string): ObjectSchema {
  const compiled = compileSource(builtinSource(type));
  // What a CRD holds is JSON rather than Go structs.
  if (type.startsWith('crd.')) return compiled;
  const empty = {};
  goForm.apply(empty, type);
  return {
    ...compiled,
    empty,
    applyDefaults(object) {
      goForm.apply(object, type);
      compiled.applyDefaults(object);
      goForm.apply(object, type);
    },
  };
}
