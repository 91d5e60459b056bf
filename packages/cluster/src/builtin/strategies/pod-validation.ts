/** What is wrong with pods and pod templates, told as a real API server tells it: in its order and words. */
import { subdomainProblems } from '../../api/names.ts';
import { duplicate, forbidden, invalid, required } from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { addressProblem } from './addresses.ts';
import {
  choiceErrors,
  labelErrors,
  labelMapErrors,
  optionalChoiceErrors,
  qualifiedNameErrors,
  rangeErrors,
  subdomainErrors,
} from './pods/checks.ts';
import { containersErrors, imageErrors } from './pods/containers.ts';
import { printedStruct } from './pods/go-struct.ts';
import { podAnnotationErrors, podAnnotationUpdateErrors } from './pods/pod-annotations.ts';
import { resizeErrors } from './pods/pod-resize.ts';
import { ephemeralUpdateErrors, podUpdateErrors } from './pods/pod-update.ts';
import { podLevelErrors, resourceErrors } from './pods/resources.ts';
import { affinityErrors, spreadErrors, tolerationErrors } from './pods/scheduling.ts';
import { hostProcessErrors, podSecurityErrors, systemErrors } from './pods/security.ts';
import { volumesErrors } from './pods/volumes.ts';
import { isUnset, items, number, part, strings, text } from './rules.ts';

/** Errors of a pod, new or changed. `subresource` is that which changes it, if any. */
export function podErrors(pod: JsonObject, old?: JsonObject, subresource?: string): FieldError[] {
  if (subresource === 'binding') return [];
  const spec = part(pod, 'spec');
  const errors = [
    ...podAnnotationErrors(pod),
    ...podSpecErrors(spec, 'spec', { isPod: true, podName: text(part(pod, 'metadata'), 'name') }),
    ...(text(spec, 'serviceAccountName') === '' ? unaccountedTokens(spec) : []),
    ...['containers', 'initContainers'].flatMap((list) =>
      items(spec, list, 'spec.').flatMap(([container, place]) => imageErrors(container, place)),
    ),
  ];
  if (old === undefined) return [...errors, ...newPodErrors(spec)];
  if (subresource === 'resize') return [...errors, ...resizeErrors(pod, old)];
  errors.push(...podAnnotationUpdateErrors(pod, old));
  if (subresource === 'ephemeralcontainers') return [...errors, ...ephemeralUpdateErrors(pod, old)];
  return [...errors, ...podUpdateErrors(pod, old)];
}

function newPodErrors(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  if (items(spec, 'ephemeralContainers').length > 0) {
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (text(spec, 'nodeName') !== '' && items(spec, 'schedulingGates').length > 0) {
    const why = 'cannot be set until all schedulingGates have been cleared';
    errors.push(forbidden('spec.nodeName', why));
  }
  return errors;
}

function unaccountedTokens(spec: JsonObject): FieldError[] {
  return items(spec, 'volumes', 'spec.').flatMap(([volume, path]) =>
    items(part(volume, 'projected'), 'sources', `${path}.projected.`)
      .filter(([source]) => isObject(source.serviceAccountToken))
      .map(([, place]) => {
        const why = 'must not be specified when serviceAccountName is not set';
        return forbidden(`${place}.serviceAccountToken`, why);
      }),
  );
}

/** Errors of a PodSpec at `path`, e.g. `spec.template.spec`; of a pod itself when `isPod`. */
export function podSpecErrors(
  spec: JsonObject,
  path: string,
  { isPod = false, podName = '' }: { isPod?: boolean; podName?: string } = {},
): FieldError[] {
  const { volumes, errors } = volumesErrors(spec, path, { isPod, podName });
  const claims = new Set(
    items(spec, 'resourceClaims')
      .map(([claim]) => text(claim, 'name'))
      .filter((name) => name !== ''),
  );
  errors.push(...claimErrors(spec, path));
  const hostUsers = spec.hostUsers !== false;
  const grace = number(spec, 'terminationGracePeriodSeconds');
  const { restartPolicy } = spec;
  errors.push(
    ...containersErrors(spec, path, { volumes, claims, grace, restartPolicy, hostUsers }),
    ...podLevelErrors(spec, path, claims),
    ...hostPortErrors(spec, path, isPod),
    ...choiceErrors(restartPolicy, `${path}.restartPolicy`, ['Always', 'OnFailure', 'Never']),
    ...choiceErrors(spec.dnsPolicy, `${path}.dnsPolicy`, DNS_POLICIES),
    ...labelMapErrors(part(spec, 'nodeSelector'), `${path}.nodeSelector`),
    ...podSecurityErrors(spec, path),
    ...(isObject(spec.affinity) ? affinityErrors(spec.affinity, `${path}.affinity`) : []),
    ...dnsErrors(spec, `${path}.dnsConfig`),
    ...gateErrors(spec, path),
    ...spreadErrors(spec, path),
    ...hostProcessErrors(spec, path),
    ...hostUserErrors(spec, path),
    ...namesErrors(spec, path),
    ...tolerationErrors(spec, path),
    ...aliasErrors(spec, path),
    ...placeErrors(spec, path),
    ...systemErrors(spec, path),
    ...fileVolumeErrors(spec, path),
  );
  return errors;
}

const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

function claimErrors(spec: JsonObject, path: string): FieldError[] {
  const names = new Set<string>();
  return items(spec, 'resourceClaims', `${path}.`).flatMap(([claim, place]) => {
    const name = text(claim, 'name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${place}.name`));
    else if (names.has(name)) errors.push(duplicate(`${place}.name`, name));
    else errors.push(...labelErrors(name, `${place}.name`));
    names.add(name);
    const [direct, template] = [claim.resourceClaimName, claim.resourceClaimTemplateName];
    const value = () => printedStruct(claim, 'PodResourceClaim');
    if (direct !== undefined && template !== undefined) {
      const why =
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(invalid(place, value(), why));
    } else if (direct === undefined && template === undefined) {
      const why = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.push(invalid(place, value(), why));
    }
    for (const key of ['resourceClaimName', 'resourceClaimTemplateName'])
      if (claim[key] !== undefined)
        errors.push(...subdomainErrors(text(claim, key), `${place}.${key}`));
    return errors;
  });
}

function hostPortErrors(spec: JsonObject, path: string, isPod: boolean): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  const why = 'must match `containerPort` when `hostNetwork` is true';
  return items(spec, 'containers', `${path}.`).flatMap(([container, at]) =>
    items(container, 'ports', `${at}.`)
      .filter(([{ hostPort = 0, containerPort = 0 }]) =>
        isPod || hostPort !== 0 ? hostPort !== containerPort : false,
      )
      .map(([port, place]) => invalid(`${place}.hostPort`, port.hostPort ?? 0, why)),
  );
}

const SEARCH = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*';
const SEARCH_NAME = new RegExp(`^${SEARCH}$`);
const SEARCH_PROBLEM =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end " +
  `with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SEARCH}')`;

function dnsErrors(spec: JsonObject, path: string): FieldError[] {
  const config = part(spec, 'dnsConfig');
  const [servers, searches] = [strings(config, 'nameservers'), strings(config, 'searches')];
  if (spec.dnsPolicy === 'None') {
    if (!isObject(spec.dnsConfig))
      return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    const why = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    if (servers.length === 0) return [required(`${path}.nameservers`, why)];
  }
  const errors: FieldError[] = [];
  const atMost = (key: string, values: string[], { is, what }: { is: boolean; what: string }) => {
    if (!is) errors.push(invalid(`${path}.${key}`, values, `must not have more than ${what}`));
  };
  atMost('nameservers', servers, { is: servers.length <= 3, what: '3 nameservers' });
  for (const [index, server] of servers.entries())
    errors.push(...addressProblem(server, `${path}.nameservers[${index}]`));
  atMost('searches', searches, { is: searches.length <= 32, what: '32 search paths' });
  const isShort = searches.join(' ').length <= 2048;
  const what = '2048 characters (including spaces) in the search list';
  atMost('searches', searches, { is: isShort, what });
  for (const [index, search] of searches.entries()) {
    const name = search.replace(/\.$/, '');
    const place = `${path}.searches[${index}]`;
    if (search === '.') continue;
    if (name.length > 253) errors.push(invalid(place, name, 'must be no more than 253 characters'));
    if (!SEARCH_NAME.test(name)) errors.push(invalid(place, name, SEARCH_PROBLEM));
  }
  for (const [option, place] of items(config, 'options', `${path}.`))
    if (text(option, 'name') === '') errors.push(required(place, 'must not be empty'));
  return errors;
}

function gateErrors(spec: JsonObject, path: string): FieldError[] {
  const names = new Set<string>();
  return [
    ...items(spec, 'readinessGates', `${path}.`).flatMap(([gate, place]) =>
      qualifiedNameErrors(text(gate, 'conditionType'), `${place}.conditionType`),
    ),
    ...items(spec, 'schedulingGates', `${path}.`).flatMap(([gate, place]) => {
      const name = text(gate, 'name');
      const errors = qualifiedNameErrors(name, place);
      if (names.has(name)) errors.push(duplicate(place, name));
      names.add(name);
      return errors;
    }),
  ];
}

function hostUserErrors(spec: JsonObject, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const why = 'when `hostUsers` is false';
  const shared: [string, string][] = [
    ['hostNetwork', 'hostNetwork'],
    ['hostPID', 'HostPID'],
    ['hostIPC', 'HostIPC'],
  ];
  return [
    ...shared
      .filter(([key]) => spec[key] === true)
      .map(([, name]) => forbidden(`${path}.${name}`, why)),
    ...['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
      items(spec, list, `${path}.`)
        .filter(([container]) => items(container, 'volumeDevices').length > 0)
        .map(([, place]) => forbidden(`${place}.volumeDevices`, why)),
    ),
  ];
}

/** The names a pod has, and those of what it belongs to. */
function namesErrors(spec: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const given = (key: string, rule: (value: string, place: string) => FieldError[]) => {
    const value = text(spec, key);
    if (value !== '') errors.push(...rule(value, `${path}.${key}`));
  };
  if (typeof spec.hostnameOverride === 'string') errors.push(...overrideErrors(spec, path));
  given('serviceAccountName', subdomainErrors);
  given('nodeName', subdomainErrors);
  const deadline = [1, 2147483647] satisfies [number, number];
  errors.push(
    ...rangeErrors(spec.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`, deadline),
  );
  given('hostname', labelErrors);
  given('subdomain', labelErrors);
  return errors;
}

function overrideErrors(spec: JsonObject, path: string): FieldError[] {
  const name = text(spec, 'hostnameOverride');
  const place = `${path}.hostnameOverride`;
  const errors: FieldError[] = [];
  if (spec.setHostnameAsFQDN === true)
    errors.push(forbidden(place, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec.hostNetwork === true)
    errors.push(forbidden(place, 'may not be specified when hostNetwork is true'));
  if (name.length > 64) {
    const detail = 'Too long: may not be more than 64 bytes';
    errors.push({ type: 'TooLong', field: place, detail });
  }
  return [...errors, ...subdomainErrors(name, place)];
}

function aliasErrors(spec: JsonObject, path: string): FieldError[] {
  return items(spec, 'hostAliases', `${path}.`).flatMap(([alias, place]) => [
    ...addressProblem(text(alias, 'ip'), `${place}.ip`),
    ...strings(alias, 'hostnames').flatMap((name, index) =>
      subdomainErrors(name, `${place}.hostnames[${index}]`),
    ),
  ]);
}

function placeErrors(spec: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['priorityClassName', 'runtimeClassName']) {
    const value = spec[key];
    if (typeof value !== 'string' || (key === 'priorityClassName' && value === '')) continue;
    errors.push(...subdomainProblems(value).map((why) => invalid(`${path}.${key}`, value, why)));
  }
  const policies = ['PreemptLowerPriority', 'Never'];
  const { preemptionPolicy } = spec;
  if (!isUnset(preemptionPolicy))
    errors.push(...optionalChoiceErrors(preemptionPolicy, `${path}.preemptionPolicy`, policies));
  if (!isObject(spec.overhead)) return errors;
  const overhead = { limits: spec.overhead };
  return [...errors, ...resourceErrors(overhead, `${path}.overhead`, { claims: new Set() })];
}

/** Variables from files name an `emptyDir`. */
function fileVolumeErrors(spec: JsonObject, path: string): FieldError[] {
  const volumes = new Map(items(spec, 'volumes').map(([volume]) => [text(volume, 'name'), volume]));
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    items(spec, list, `${path}.`).flatMap(([container, at]) =>
      items(container, 'env', `${at}.`).flatMap(([variable, place]) => {
        const reference = part(variable, 'valueFrom').fileKeyRef;
        if (!isObject(reference)) return [];
        const name = text(reference, 'volumeName');
        const field = `${place}.valueFrom.fileKeyRef.volumeName`;
        const volume = volumes.get(name);
        if (volume === undefined) {
          const detail = `Not found: ${JSON.stringify(name)}`;
          return [{ type: 'NotFound', field, detail } satisfies FieldError];
        }
        if (isObject(volume.emptyDir)) return [];
        return [invalid(field, name, 'referenced volume must be of type emptyDir')];
      }),
    ),
  );
}
