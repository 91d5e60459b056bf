/** Namespaces: what every one has (default ServiceAccount, root certificate), and the end of one: contents, then itself. */
import { isAlreadyExists, isConflict, isForbidden, isNotFound, keyOfObject } from '@kagent/kube';
import type { KubeObject, Reconciler } from '@kagent/kube';

import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from '../objects.ts';
import type { Condition, ConfigMap, Namespace } from '../objects.ts';
import { timeText } from '../time-text.ts';
import { discoverKinds } from './discovery.ts';
import type { DiscoveredKind } from './discovery.ts';

const FINALIZER = 'kubernetes';
const ROOT_CERTIFICATE = 'kube-root-ca.crt';
const PAGE = 500;
/** While something is left (pods in their grace period, finalizers), the namespace is looked at so often. */
const RECHECK_MS = 250;

export interface NamespaceControllerOptions extends ControllerContext {
  /** PEM of the certificate authority of the API server; published in every namespace. */
  rootCertificate: string;
}

class NamespaceController {
  readonly #context: NamespaceControllerOptions;

  constructor(context: NamespaceControllerOptions) {
    this.#context = context;
  }

  async reconcile(key: string): Promise<void | { requeueAfterMs: number }> {
    const namespace = this.#context.informers.get(NAMESPACES).get(key);
    if (namespace === undefined) return;
    try {
      if (namespace.metadata.deletionTimestamp === undefined) await this.#furnish(namespace);
      else return await this.#terminate(namespace);
    } catch (error) {
      // Gone, or terminating since it was read: its next event tells.
      if (isNotFound(error) || isForbidden(error)) return;
      throw error;
    }
  }

  async #furnish({ metadata }: Namespace): Promise<void> {
    const { informers } = this.#context;
    const namespace = metadata.name;
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace, name: 'default' },
    };
    if (informers.get(SERVICE_ACCOUNTS).get(account.metadata) === undefined) {
      await this.#context.client.create(SERVICE_ACCOUNTS, account).catch(ignoreExisting);
    }
    await this.#publishCertificate(namespace);
  }

  async #publishCertificate(namespace: string): Promise<void> {
    const { client, informers, rootCertificate } = this.#context;
    const key = { namespace, name: ROOT_CERTIFICATE };
    const data = { 'ca.crt': rootCertificate };
    const existing = informers.get(CONFIG_MAPS).get(key);
    if (existing?.data?.['ca.crt'] === rootCertificate) return;
    if (existing !== undefined) {
      await client.patch(CONFIG_MAPS, { ...key, patch: { type: 'merge', body: { data } } });
      return;
    }
    const annotations = {
      'kubernetes.io/description':
        'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
    };
    const configMap: ConfigMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...key, annotations },
      data,
    };
    await client.create(CONFIG_MAPS, configMap).catch(ignoreExisting);
  }

  async #terminate(namespace: Namespace): Promise<void | { requeueAfterMs: number }> {
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) return;
    const left = await this.#empty(namespace.metadata.name);
    if (left.length > 0) {
      await this.#report(namespace, left);
      return { requeueAfterMs: RECHECK_MS };
    }
    const spec = {
      ...namespace.spec,
      finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER),
    };
    await this.#context.client.replace(
      NAMESPACES,
      { ...namespace, spec },
      { subresource: 'finalize' },
    );
  }

  /** Deletes everything in it, pods before all else; returns what still exists afterwards, one entry a kind. */
  async #empty(namespace: string): Promise<Remainder[]> {
    const kinds = await discoverKinds(this.#context.client);
    const deletable = kinds.filter(
      ({ namespaced, verbs }) => namespaced && verbs.includes('list') && verbs.includes('delete'),
    );
    const isPods = ({ group, plural }: DiscoveredKind) => group === '' && plural === 'pods';
    const pods = await this.#emptyKinds(deletable.filter(isPods), namespace);
    if (pods.length > 0) return pods;
    return this.#emptyKinds(
      deletable.filter((kind) => !isPods(kind)),
      namespace,
    );
  }

  async #emptyKinds(kinds: DiscoveredKind[], namespace: string): Promise<Remainder[]> {
    const rest = await Promise.all(
      kinds.map(async (kind) => ({ kind, objects: await this.#emptyKind(kind, namespace) })),
    );
    return rest.filter(({ objects }) => objects.length > 0);
  }

  async #emptyKind(kind: DiscoveredKind, namespace: string): Promise<KubeObject[]> {
    const { client } = this.#context;
    const found = await client.list(kind, { namespace, limit: PAGE });
    const doomed = found.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    for (const { metadata } of doomed) {
      const key = { namespace, name: metadata.name };
      await client
        .delete(kind, key, { propagationPolicy: 'Background' })
        .catch((error: unknown) => {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        });
    }
    if (found.items.length === 0) return [];
    return (await client.list(kind, { namespace, limit: PAGE })).items;
  }

  /** The conditions that tell `kubectl` why a namespace does not go. */
  async #report(namespace: Namespace, left: Remainder[]): Promise<void> {
    const now = timeText(this.#context.clock.now());
    const conditions = terminationConditions(left).map((one) => ({
      ...one,
      lastTransitionTime: now,
    }));
    const before = namespace.status?.conditions ?? [];
    const isSame = conditions.every((next) =>
      before.some(
        (old) =>
          old.type === next.type && old.status === next.status && old.message === next.message,
      ),
    );
    if (isSame) return;
    const body = { status: { phase: 'Terminating', conditions } };
    const { name } = namespace.metadata;
    await this.#context.client.patch(
      NAMESPACES,
      { name, patch: { type: 'merge', body } },
      { subresource: 'status' },
    );
  }
}

interface Remainder {
  kind: DiscoveredKind;
  objects: KubeObject[];
}

function terminationConditions(left: Remainder[]): Condition[] {
  const holders = new Map<string, number>();
  for (const { metadata } of left.flatMap(({ objects }) => objects))
    for (const finalizer of metadata.finalizers ?? [])
      holders.set(finalizer, (holders.get(finalizer) ?? 0) + 1);
  const names = left.map(
    ({ kind, objects }) => `${kind.plural}.${kind.group} has ${objects.length} resource instances`,
  );
  const held = [...holders].map(([name, count]) => `${name} in ${count} resource instances`);
  const isHeld = held.length > 0;
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    {
      type: 'NamespaceContentRemaining',
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${names.join(', ')}`,
    },
    {
      type: 'NamespaceFinalizersRemaining',
      status: isHeld ? 'True' : 'False',
      reason: isHeld ? 'SomeFinalizersRemain' : 'ContentHasNoFinalizers',
      message: isHeld
        ? `Some content in the namespace has finalizers remaining: ${held.join(', ')}`
        : 'All content-preserving finalizers finished',
    },
  ];
}

function ignoreExisting(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}

export function createNamespaceController(options: NamespaceControllerOptions): Reconciler {
  const { informers } = options;
  const logic = new NamespaceController(options);
  const controller = controllerFor(options, {
    name: 'namespace',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(NAMESPACES).onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  informers.get(SERVICE_ACCOUNTS).onChange((change) => {
    const { namespace, name } = change.object.metadata;
    if (change.type === 'deleted' && name === 'default' && namespace !== undefined)
      controller.enqueue(namespace);
  });
  informers.get(CONFIG_MAPS).onChange((change) => {
    const { namespace, name } = change.object.metadata;
    const isNews = change.type === 'deleted' || change.type === 'updated';
    if (isNews && name === ROOT_CERTIFICATE && namespace !== undefined)
      controller.enqueue(namespace);
  });
  return controller;
}
