/** ServiceAccount: every pod has an account that exists, and by default a token of it (kube-apiserver's plugin of the name). */
import { isObject } from '../../../schema/json.ts';
import type { JsonObject } from '../../../schema/json.ts';
import { listAt, objectAt, stringAt, valueAt } from '../../json.ts';
import { generateName } from '../../names.ts';
import type { ApiObject } from '../../object.ts';
import { forbidden } from '../../status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { isCore, SERVICE_ACCOUNTS } from '../stored-objects.ts';
import type { StoredObjects } from '../stored-objects.ts';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
const MIRROR = 'kubernetes.io/config.mirror';

/** `random` in [0, 1) makes the names of token volumes. */
export function serviceAccountPlugin(stored: StoredObjects, random: () => number): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    mutates: handles,
    mutate(request) {
      const { object: pod, resource, name, namespace = '' } = request;
      const spec = objectAt(pod, 'spec');
      if (!pod || !spec) return;
      if (pod.metadata.annotations?.[MIRROR] !== undefined) return;
      const accountName = stringAt(spec, 'serviceAccountName') || 'default';
      spec['serviceAccountName'] = accountName;
      spec['serviceAccount'] = accountName;
      const account = stored.get(SERVICE_ACCOUNTS, accountName, namespace);
      if (!account) {
        const why = `error looking up service account ${namespace}/${accountName}: serviceaccount "${accountName}" not found`;
        throw forbidden(resource, name, why);
      }
      if (mountsToken(spec, account)) mountToken(spec, random);
      const pullSecrets = listAt(account, 'imagePullSecrets');
      if (listAt(spec, 'imagePullSecrets').length === 0 && pullSecrets.length > 0)
        spec['imagePullSecrets'] = pullSecrets;
    },
  };
}

function handles(request: AdmissionRequest): boolean {
  return request.operation === 'CREATE' && isCore(request, 'pods');
}

/** What the pod says, else what the account says, else yes. */
function mountsToken(spec: JsonObject, account: ApiObject): boolean {
  const own = valueAt(spec, 'automountServiceAccountToken');
  if (typeof own === 'boolean') return own;
  return valueAt(account, 'automountServiceAccountToken') !== false;
}

function mountToken(spec: JsonObject, random: () => number): void {
  const volumes = listAt(spec, 'volumes');
  const existing = volumes
    .map((volume) => stringAt(volume, 'name') ?? '')
    .find((name) => name.startsWith(VOLUME_PREFIX));
  const name = existing ?? generateName(VOLUME_PREFIX, random);
  let isUsed = false;
  for (const container of [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')]) {
    if (!isObject(container)) continue;
    const mounts = listAt(container, 'volumeMounts');
    if (mounts.some((mount) => stringAt(mount, 'mountPath') === MOUNT_PATH)) continue;
    container['volumeMounts'] = [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }];
    isUsed = true;
  }
  if (isUsed && existing === undefined) spec['volumes'] = [...volumes, tokenVolume(name)];
}

/** What kubelet projects for a client in the pod: a token, the cluster's CA, the namespace. */
function tokenVolume(name: string): JsonObject {
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' };
  return {
    name,
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef }] } },
      ],
    },
  };
}
