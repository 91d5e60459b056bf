/** Defaults of pods and pod templates that the type table cannot say. */
import { isObject, type JsonObject } from '../../schema/json.ts';
import { quantityNanos } from '../quantity.ts';
import { ensureObject, isUnset, items, part, setDefault, text } from './rules.ts';

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Defaults of a pod's spec, as part of a template or of a pod. */
export function defaultPodSpec(spec: JsonObject): void {
  for (const list of CONTAINER_LISTS) {
    for (const [container] of items(spec, list)) defaultContainer(container);
  }
  for (const [volume] of items(spec, 'volumes')) {
    const hasSource = Object.keys(volume).some((key) => key !== 'name' && isObject(volume[key]));
    if (!hasSource) volume.emptyDir = {};
  }
  if (spec.hostNetwork === true) useHostPorts(spec);
  mirrorServiceAccount(spec);
}

/** Defaults of the template in `spec.template`. */
export function defaultTemplate(object: JsonObject): void {
  const template = part(part(object, 'spec'), 'template');
  if (isObject(template.spec)) defaultPodSpec(template.spec);
}

/** Defaults that only pods get, not templates. */
export function defaultPod(pod: JsonObject): void {
  const spec = pod.spec;
  if (!isObject(spec)) return;
  defaultPodSpec(spec);
  setDefault(spec, 'enableServiceLinks', true);
  for (const list of ['initContainers', 'containers']) {
    for (const [container] of items(spec, list)) requestWhatIsLimited(container);
  }
}

function defaultContainer(container: JsonObject): void {
  if (isUnset(container.imagePullPolicy)) {
    container.imagePullPolicy = isLatest(text(container, 'image')) ? 'Always' : 'IfNotPresent';
  }
}

/** Tag `latest`, or neither tag nor digest. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const name = image.slice(image.lastIndexOf('/') + 1);
  const colon = name.indexOf(':');
  return colon === -1 || name.slice(colon + 1) === 'latest';
}

function useHostPorts(spec: JsonObject): void {
  for (const list of ['initContainers', 'containers']) {
    for (const [container] of items(spec, list)) {
      for (const [port] of items(container, 'ports')) {
        if (isUnset(port.hostPort) || port.hostPort === 0) port.hostPort = port.containerPort;
      }
    }
  }
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are always written. */
function mirrorServiceAccount(spec: JsonObject): void {
  const name = text(spec, 'serviceAccountName') || text(spec, 'serviceAccount');
  if (name === '') return;
  setDefault(spec, 'serviceAccountName', name);
  if (spec.serviceAccount !== name) spec.serviceAccount = name;
}

function requestWhatIsLimited(container: JsonObject): void {
  const limits = part(part(container, 'resources'), 'limits');
  if (Object.keys(limits).length === 0) return;
  const requests = ensureObject(ensureObject(container, 'resources'), 'requests');
  for (const key of Object.keys(limits)) setDefault(requests, key, limits[key]);
}

/** What a new pod begins with. */
export function createPod(pod: JsonObject): void {
  const spec = ensureObject(pod, 'spec');
  mirrorServiceAccount(spec);
  setDefault(spec, 'serviceAccountName', 'default');
  defaultPod(pod);
  pod.status = { phase: 'Pending', qosClass: qosClass(spec) };
}

/** Guaranteed, Burstable or BestEffort, by requests and limits of cpu and memory. */
export function qosClass(spec: JsonObject): string {
  const containers = [...items(spec, 'initContainers'), ...items(spec, 'containers')];
  let isAnySet = false;
  let isGuaranteed = true;
  for (const [container] of containers) {
    const resources = part(container, 'resources');
    for (const name of ['cpu', 'memory']) {
      const limit = quantityNanos(part(resources, 'limits')[name]) ?? 0n;
      const request = quantityNanos(part(resources, 'requests')[name]) ?? 0n;
      if (limit > 0n || request > 0n) isAnySet = true;
      if (limit === 0n || request !== limit) isGuaranteed = false;
    }
  }
  if (!isAnySet) return 'BestEffort';
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
