/** The caches all scenarios share: the state of the cluster that simulated kubelets react to. */
import type { Informer } from '@kagent/kube';

import type { ConfigSource } from '../node/config-source.ts';
import type { InformerSet } from '../workloads/informer-set.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  NAMESPACES,
  NODES,
  PODS,
  SECRETS,
  SERVICES,
} from '../workloads/objects.ts';
import type { Deployment, EndpointSlice, NodeObject, Pod } from '../workloads/objects.ts';
import { PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES } from '../workloads/storage-objects.ts';
import type { PersistentVolumeClaim, StorageClass } from '../workloads/storage-objects.ts';
import { AUTOSCALERS } from './autoscaler.ts';
import type { Autoscaler } from './autoscaler.ts';
import type { NetworkPolicy, NetworkView } from './network.ts';

const NETWORK_POLICIES = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  namespaced: true,
} as const;

const BY_SERVICE = 'simulation.service';
const SERVICE_NAME = 'kubernetes.io/service-name';

export interface World {
  pods: Informer<Pod>;
  nodes: Informer<NodeObject>;
  autoscalers: Informer<Autoscaler>;
  deployments: Informer<Deployment>;
  claims: Informer<PersistentVolumeClaim>;
  classes: Informer<StorageClass>;
  config: ConfigSource;
  /** `listens` comes from whoever runs the pods. */
  network(listens: (pod: Pod, port: number) => boolean): NetworkView;
  /** Runs `listener` with the namespace of every object that containers may depend on and that changed. */
  onChange(listener: (namespace: string) => void): void;
  synced(): Promise<void>;
}

/** Starts the informers that are not running yet. */
export function openWorld(informers: InformerSet): World {
  const [configMaps, secrets] = [informers.get(CONFIG_MAPS), informers.get(SECRETS)];
  const [services, slices] = [informers.get(SERVICES), informers.get(ENDPOINT_SLICES)];
  const policies = informers.get<NetworkPolicy & { metadata: { name: string } }>(NETWORK_POLICIES);
  const [pods, nodes] = [informers.get(PODS), informers.get(NODES)];
  const namespaces = informers.get(NAMESPACES);
  slices.addIndex(BY_SERVICE, (slice: EndpointSlice) => [
    `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[SERVICE_NAME] ?? ''}`,
  ]);
  return {
    pods,
    nodes,
    autoscalers: informers.get(AUTOSCALERS),
    deployments: informers.get(DEPLOYMENTS),
    claims: informers.get(PERSISTENT_VOLUME_CLAIMS),
    classes: informers.get(STORAGE_CLASSES),
    config: {
      configMap: (namespace, name) => configMaps.get({ namespace, name }),
      secret: (namespace, name) => secrets.get({ namespace, name }),
    },
    network: (listens) => ({
      listens,
      service: (namespace, name) => services.get({ namespace, name }),
      slices: (namespace, service) => slices.byIndex(BY_SERVICE, `${namespace}/${service}`),
      pod: (namespace, name) => pods.get({ namespace, name }),
      namespace: (name) => namespaces.get({ name }),
      at: (ip) => ({
        service: services.list().find(({ spec }) => spec?.clusterIP === ip),
        pod: pods.list().find(({ status }) => status?.podIP === ip),
      }),
      policies: (namespace) => policies.list(namespace),
    }),
    onChange(listener) {
      for (const informer of [configMaps, secrets, services, slices, policies]) {
        (informer as Informer<Pod>).onChange(({ object }) =>
          listener(object.metadata.namespace ?? ''),
        );
      }
    },
    synced: () => informers.synced(),
  };
}
