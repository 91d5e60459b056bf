/**
 * What `up` puts into the cluster. Everything is given once and then belongs to the person: an object that was changed or
 * deleted stays as it was left; only what a new release brings, or what nobody touched, is written again.
 */
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  isConflict,
  type KubeClient,
  type KubeObject,
  NAMESPACES,
  SECRETS,
  SERVICES,
} from '@kagent/kube';
import { MODEL_CONFIGS, type ModelConfig, ModelConfigSpec } from '@kagent/spec';
import { createTypeFinder, parseManifests } from '../kubernetes/manifests.ts';
import { type FoundModel, secretOf } from './providers.ts';

export const NAMESPACE = 'kagent';
const FIELD_MANAGER = 'kagent-up';
const RECORD = 'kagent-defaults';

export interface DefaultsOptions {
  kube: KubeClient;
  models: FoundModel[];
  /** Where pods reach the API of this process. */
  controllerAddress: { host: string; port: number };
}

/** Idempotent. Answers the label of the default model when this call set it. */
export async function applyDefaults(options: DefaultsOptions): Promise<void> {
  const { kube } = options;
  await ensureNamespace(kube);
  await applyController(options);
  await applyModels(options);
  const text = await readFile(new URL('../defaults/platform.yaml', import.meta.url), 'utf8');
  await applyOnce(kube, parseManifests(text, 'platform.yaml'));
}

async function ensureNamespace(kube: KubeClient): Promise<void> {
  if (await kube.find(NAMESPACES, { name: NAMESPACE })) return;
  await kube.create(NAMESPACES, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
}

/** The Service that agents call back; its endpoint is this process, so it follows the port at every start. */
async function applyController({ kube, controllerAddress }: DefaultsOptions): Promise<void> {
  const metadata = { name: 'kagent-controller', namespace: NAMESPACE };
  const options = { fieldManager: FIELD_MANAGER, force: true };
  const port = { name: 'http', port: 8083, protocol: 'TCP' as const };
  await kube.apply(
    SERVICES,
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [port] } },
    options,
  );
  await kube.apply(
    ENDPOINT_SLICES,
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [controllerAddress.host], conditions: { ready: true } }],
      ports: [{ ...port, port: controllerAddress.port }],
    },
    options,
  );
}

const DEMO_MODEL = ModelConfigSpec.parse({
  provider: 'OpenAI',
  model: 'kagent-demo',
  openAI: { baseUrl: 'http://kagent-demo-model.kagent:8085/v1' },
});

/** Found models follow the environment; without any, a default that is already there stays. */
async function applyModels({ kube, models }: DefaultsOptions): Promise<void> {
  const [first] = models;
  for (const model of models) {
    const secret = secretOf(model, NAMESPACE);
    if (secret) await kube.apply(SECRETS, secret, { fieldManager: FIELD_MANAGER, force: true });
    await applyUnlessTaken(kube, modelConfig(model.name, model.spec));
  }
  const name = 'default-model-config';
  if (first) await applyUnlessTaken(kube, modelConfig(name, first.spec));
  else if (!(await kube.find(MODEL_CONFIGS, { namespace: NAMESPACE, name }))) {
    await applyUnlessTaken(kube, modelConfig(name, DEMO_MODEL));
  }
}

function modelConfig(name: string, spec: ModelConfigSpec): ModelConfig {
  return {
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'ModelConfig',
    metadata: { name, namespace: NAMESPACE },
    spec,
  };
}

/** A field somebody else set is theirs: the object is left alone. */
async function applyUnlessTaken(kube: KubeClient, object: ModelConfig): Promise<void> {
  try {
    await kube.apply(MODEL_CONFIGS, object, { fieldManager: FIELD_MANAGER });
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

/** Applies what the record does not know yet in this form; conflicts leave the person's change. */
async function applyOnce(kube: KubeClient, objects: KubeObject[]): Promise<void> {
  const key = { namespace: NAMESPACE, name: RECORD };
  const given = (await kube.find(CONFIG_MAPS, key))?.data ?? {};
  const types = createTypeFinder(kube);
  const data: Record<string, string> = { ...given };
  for (const object of objects) {
    const id = `${object.kind}.${object.metadata.name}`;
    const digest = createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 16);
    if (given[id] === digest) continue;
    const type = await types(object);
    const isUpdate = given[id] !== undefined;
    const exists = (await kube.find(type, object.metadata)) !== undefined;
    if (!isUpdate || exists) {
      await kube.apply(type, object, { fieldManager: FIELD_MANAGER }).catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    }
    data[id] = digest;
  }
  if (JSON.stringify(data) === JSON.stringify(given)) return;
  await kube.apply(
    CONFIG_MAPS,
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data },
    { fieldManager: FIELD_MANAGER, force: true },
  );
}
