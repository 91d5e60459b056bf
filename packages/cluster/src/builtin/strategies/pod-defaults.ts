/** Defaults of pods and pod templates that the type table cannot say. */
import { isObject, type JsonObject } from '../../schema/json.ts';
import { canonicalQuantity, quantityNanos } from '../quantity.ts';
import { ensureObject, isUnset, items, part, setDefault, strings, text } from './rules.ts';

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Defaults of a pod's spec, as part of a template or of a pod. */
export function defaultPodSpec(spec: JsonObject): void {
  for (const list of CONTAINER_LISTS) {
    for (const [container] of items(spec, list)) defaultContainer(container);
  }
  for (const [volume] of items(spec, 'volumes')) defaultVolume(volume);
  delete spec.workloadRef;
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
  const grace = spec.terminationGracePeriodSeconds;
  if (typeof grace === 'number' && grace < 0) spec.terminationGracePeriodSeconds = 1;
  setDefault(spec, 'enableServiceLinks', true);
  for (const list of ['initContainers', 'containers']) {
    for (const [container] of items(spec, list)) requestWhatIsLimited(container);
  }
  requestForPod(spec);
  if (spec.hostNetwork === true) useHostPorts(spec);
}

function defaultContainer(container: JsonObject): void {
  if (isUnset(container.imagePullPolicy)) {
    container.imagePullPolicy = isLatest(text(container, 'image')) ? 'Always' : 'IfNotPresent';
  }
  const { lifecycle } = container;
  if (!isObject(lifecycle) || lifecycle.stopSignal === undefined) return;
  // Of a feature that is off.
  delete lifecycle.stopSignal;
  if (Object.keys(lifecycle).length === 0) delete container.lifecycle;
}

function defaultVolume(volume: JsonObject): void {
  const hasSource = Object.keys(volume).some((key) => key !== 'name' && isObject(volume[key]));
  if (!hasSource) volume.emptyDir = {};
  const { image } = volume;
  if (isObject(image) && isUnset(image.pullPolicy)) {
    image.pullPolicy = isLatest(text(image, 'reference')) ? 'Always' : 'IfNotPresent';
  }
  for (const [source] of items(part(volume, 'projected'), 'sources')) {
    // Of features that are off.
    delete source.clusterTrustBundle;
    delete source.podCertificate;
  }
}

/** Tag `latest`, or neither tag nor digest; nothing is said about what is no image name. */
function isLatest(image: string): boolean {
  if (image.includes('@') || !/^\S+$/.test(image)) return false;
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

/** A pod with limits of its own requests what its containers do together, or else what it may use. */
function requestForPod(spec: JsonObject): void {
  const resources = part(spec, 'resources');
  const limits = part(resources, 'limits');
  if (Object.keys(limits).length === 0) return;
  const requests = ensureObject(resources, 'requests');
  for (const name of ['cpu', 'memory']) {
    const amounts = items(spec, 'containers').map(
      ([container]) => part(part(container, 'resources'), 'requests')[name],
    );
    if (amounts.every(isUnset)) continue;
    const sum = amounts.reduce<bigint>(
      (total, amount) => total + (quantityNanos(amount) ?? 0n),
      0n,
    );
    const [first] = amounts.filter((amount) => !isUnset(amount));
    const isAlone = amounts.filter((amount) => !isUnset(amount)).length === 1;
    setDefault(requests, name, isAlone ? first : (canonicalQuantity(`${sum}n`) ?? '0'));
  }
  for (const key of Object.keys(limits)) setDefault(requests, key, limits[key]);
}

/** What a new pod begins with. */
export function createPod(pod: JsonObject): void {
  const spec = ensureObject(pod, 'spec');
  mirrorServiceAccount(spec);
  setDefault(spec, 'serviceAccountName', 'default');
  defaultPod(pod);
  selectOwnLabels(spec, part(part(pod, 'metadata'), 'labels'));
  pod.status = { phase: 'Pending', qosClass: qosClass(spec) };
  if (items(spec, 'schedulingGates').length === 0) return;
  const { creationTimestamp } = part(pod, 'metadata');
  const gated = {
    type: 'PodScheduled',
    status: 'False',
    lastTransitionTime: creationTimestamp,
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  };
  pod.status = { ...part(pod, 'status'), conditions: [gated] };
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** Selectors of affinity and spread also ask for the pod's own values of the labels they name. */
function selectOwnLabels(spec: JsonObject, labels: JsonObject): void {
  for (const [constraint] of items(spec, 'topologySpreadConstraints'))
    selectOwn(constraint, labels);
  for (const key of ['podAffinity', 'podAntiAffinity']) {
    const affinity = part(part(spec, 'affinity'), key);
    for (const [term] of items(affinity, REQUIRED)) selectOwn(term, labels);
    for (const [weighted] of items(affinity, PREFERRED))
      selectOwn(part(weighted, 'podAffinityTerm'), labels);
  }
}

function selectOwn(term: JsonObject, labels: JsonObject): void {
  const { labelSelector } = term;
  if (!isObject(labelSelector)) return;
  const added = [
    ...strings(term, 'matchLabelKeys').map((key) => ({ key, operator: 'In' })),
    ...strings(term, 'mismatchLabelKeys').map((key) => ({ key, operator: 'NotIn' })),
  ]
    .filter(({ key }) => labels[key] !== undefined)
    .map((expression) => ({ ...expression, values: [labels[expression.key]] }));
  if (added.length === 0) return;
  const known = items(labelSelector, 'matchExpressions').map(([expression]) => expression);
  term.labelSelector = { ...labelSelector, matchExpressions: [...known, ...added] };
}

/** Guaranteed, Burstable or BestEffort, by requests and limits of cpu and memory; the pod's own count for all. */
export function qosClass(spec: JsonObject): string {
  const holders = isObject(spec.resources)
    ? [spec]
    : [...items(spec, 'initContainers'), ...items(spec, 'containers')].map(([item]) => item);
  let isAnySet = false;
  let isGuaranteed = true;
  for (const holder of holders) {
    const resources = part(holder, 'resources');
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
