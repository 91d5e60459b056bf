/** Security contexts of pods and containers, and what the operating system of a pod rules out. */
import { subdomainProblems } from '../../../api/names.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { isUnset, items, part, strings, text } from '../rules.ts';
import { choiceErrors, optionalChoiceErrors, rangeErrors, relativePathErrors } from './checks.ts';
import { printedStruct } from './go-struct.ts';

const IDS: [number, number] = [0, 2147483647];
const SYSCTL = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL_NAME = new RegExp(`^${SYSCTL}$`);

/** Errors of a pod's security context. `spec` has the namespaces of the node that the pod shares. */
export function podSecurityErrors(spec: JsonObject, path: string): FieldError[] {
  const context = part(spec, 'securityContext');
  const place = `${path}.securityContext`;
  const errors = ['fsGroup', 'runAsUser', 'runAsGroup'].flatMap((key) =>
    rangeErrors(context[key], `${place}.${key}`, IDS),
  );
  const groups = Array.isArray(context.supplementalGroups) ? context.supplementalGroups : [];
  for (const [index, group] of groups.entries())
    errors.push(...rangeErrors(group, `${place}.supplementalGroups[${index}]`, IDS));
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const why = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalid(`${place}.shareProcessNamespace`, true, why));
  }
  errors.push(...sysctlErrors(spec, context, place));
  const choices: [string, string[]][] = [
    ['fsGroupChangePolicy', ['Always', 'OnRootMismatch']],
    ['supplementalGroupsPolicy', ['Merge', 'Strict']],
    ['seLinuxChangePolicy', ['Recursive']],
  ];
  const [fsGroup, ...others] = choices.map(([key, allowed]) =>
    optionalChoiceErrors(context[key], `${place}.${key}`, allowed),
  );
  return [...errors, ...(fsGroup ?? []), ...profileErrors(context, place), ...others.flat()];
}

function sysctlErrors(spec: JsonObject, context: JsonObject, path: string): FieldError[] {
  const names = new Set<string>();
  return items(context, 'sysctls', `${path}.`).flatMap(([sysctl, at]) => {
    const place = `${at}.name`;
    const name = text(sysctl, 'name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(place));
    else if (name.length > 253 || !SYSCTL_NAME.test(name)) {
      const why = `must have at most 253 characters and match regex ^${SYSCTL}$`;
      errors.push(invalid(place, name, why));
    } else if (names.has(name)) errors.push(duplicate(place, name));
    names.add(name);
    const plain = name.replaceAll('/', '.');
    if (spec.hostNetwork === true && plain.startsWith('net.'))
      errors.push(invalid(place, name, "may not be specified when 'hostNetwork' is true"));
    if (spec.hostIPC === true && /^(?:kernel\.(?:sem|shm|msg)|fs\.mqueue\.)/.test(plain))
      errors.push(invalid(place, name, "may not be specified when 'hostIPC' is true"));
    return errors;
  });
}

/** Errors of a container's security context. */
export function securityContextErrors(
  context: JsonObject,
  path: string,
  hostUsers: boolean,
): FieldError[] {
  const errors = ['runAsUser', 'runAsGroup'].flatMap((key) =>
    rangeErrors(context[key], `${path}.${key}`, IDS),
  );
  const { procMount } = context;
  errors.push(...optionalChoiceErrors(procMount, `${path}.procMount`, ['Default', 'Unmasked']));
  if (hostUsers && procMount === 'Unmasked') {
    const why = '`hostUsers` must be false to use `Unmasked`';
    errors.push(invalid(`${path}.procMount`, procMount, why));
  }
  errors.push(...seccompErrors(context.seccompProfile, `${path}.seccompProfile`));
  if (context.allowPrivilegeEscalation === false) {
    const refused = [
      ...(context.privileged === true ? ['`privileged` to true'] : []),
      ...strings(part(context, 'capabilities'), 'add')
        .filter((name) => name === 'CAP_SYS_ADMIN')
        .map((name) => `\`capabilities.Add\` ${name}`),
    ];
    for (const what of refused) {
      const value = printedStruct(context, 'SecurityContext');
      errors.push(
        invalid(path, value, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`),
      );
    }
  }
  return [...errors, ...profileErrors(context, path, false)];
}

/** Profiles that pods and containers have; the seccomp one of a container is looked at before. */
function profileErrors(context: JsonObject, path: string, withSeccomp = true): FieldError[] {
  return [
    ...(withSeccomp ? seccompErrors(context.seccompProfile, `${path}.seccompProfile`) : []),
    ...windowsErrors(part(context, 'windowsOptions'), `${path}.windowsOptions`),
    ...appArmorErrors(context.appArmorProfile, `${path}.appArmorProfile`),
  ];
}

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function seccompErrors(profile: unknown, path: string): FieldError[] {
  if (!isObject(profile)) return [];
  const { type, localhostProfile } = profile;
  const place = `${path}.localhostProfile`;
  const errors = isUnset(type)
    ? [required(`${path}.type`, 'type is required when seccompProfile is set')]
    : choiceErrors(type, `${path}.type`, PROFILES);
  if (type === 'Localhost') {
    if (typeof localhostProfile !== 'string')
      return [...errors, required(place, 'must be set when seccomp type is Localhost')];
    return [...errors, ...relativePathErrors(localhostProfile, place)];
  }
  if (localhostProfile === undefined) return errors;
  const value = printedStruct(profile, 'SeccompProfile');
  return [...errors, invalid(place, value, 'can only be set when seccomp type is Localhost')];
}

function appArmorErrors(profile: unknown, path: string): FieldError[] {
  if (!isObject(profile)) return [];
  const { type, localhostProfile: name } = profile;
  const place = `${path}.localhostProfile`;
  if (isUnset(type))
    return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  if (type !== 'Localhost') {
    const errors = choiceErrors(type, `${path}.type`, PROFILES);
    if (errors.length > 0 || name === undefined) return errors;
    return [invalid(place, name, 'can only be set when AppArmor type is Localhost')];
  }
  if (typeof name !== 'string' || name === '')
    return [required(place, 'must be set when AppArmor type is Localhost')];
  if (name.trim() !== name) return [invalid(place, name, 'must not be padded with whitespace')];
  if (name.length <= 4095) return [];
  return [{ type: 'TooLong', field: place, detail: 'Too long: may not be more than 4095 bytes' }];
}

function windowsErrors(options: JsonObject, path: string): FieldError[] {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options;
  const errors: FieldError[] = [];
  if (typeof name === 'string') {
    const place = `${path}.gmsaCredentialSpecName`;
    errors.push(...subdomainProblems(name).map((why) => invalid(place, name, why)));
  }
  if (spec === '') {
    const why = 'gmsaCredentialSpec cannot be an empty string';
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, why));
  }
  if (typeof user !== 'string') return errors;
  const why = userProblem(user);
  return why === undefined ? errors : [...errors, invalid(`${path}.runAsUserName`, user, why)];
}

function userProblem(name: string): string | undefined {
  if (name === '') return 'runAsUserName cannot be an empty string';
  if (/\p{Cc}/u.test(name)) return 'runAsUserName cannot contain control characters';
  const parts = name.split('\\');
  if (parts.length > 2) return 'runAsUserName cannot contain more than one backslash';
  const user = parts.at(-1) ?? '';
  if (user === '') return "runAsUserName's User cannot be empty";
  if (/^[. ]+$/.test(user)) return "runAsUserName's User cannot contain only periods or spaces";
  if (/["/\\:;|=,+*?<>@[\]]/.test(user))
    return 'runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]';
  return undefined;
}

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'];

function contexts(spec: JsonObject, path: string): [JsonObject, string][] {
  return CONTAINER_LISTS.flatMap((list) =>
    items(spec, list, `${path}.`)
      .filter(([container]) => isObject(container.securityContext))
      .map(([container, place]): [JsonObject, string] => [
        part(container, 'securityContext'),
        `${place}.securityContext`,
      ]),
  );
}

/** All containers of a pod are processes of a Windows node, or none. */
export function hostProcessErrors(spec: JsonObject, path: string): FieldError[] {
  const ofPod = part(part(spec, 'securityContext'), 'windowsOptions').hostProcess;
  const own = contexts(spec, path).map(([context, place]): [unknown, string] => [
    part(context, 'windowsOptions').hostProcess,
    `${place}.windowsOptions.hostProcess`,
  ]);
  const errors = own
    .filter(([value]) => typeof value === 'boolean' && ofPod !== undefined && value !== ofPod)
    .map(([value, place]) => {
      const why = `pod hostProcess value must be identical if both are specified, was ${String(ofPod)}`;
      return invalid(place, value, why);
    });
  const all = CONTAINER_LISTS.reduce((sum, list) => sum + items(spec, list).length, 0);
  const silent = all - own.filter(([value]) => typeof value === 'boolean').length;
  const count = own.filter(([value]) => value === true).length + (ofPod === true ? silent : 0);
  if (count === 0) return errors;
  if (count !== all) {
    const why =
      'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push(invalid(path, '', why));
  }
  if (spec.hostNetwork === true) return errors;
  const why = 'hostNetwork must be true if pod contains any hostProcess containers';
  return [...errors, invalid(`${path}.hostNetwork`, false, why)];
}

/** Fields of the pod that Windows does not have, in the order they are told. */
const NOT_ON_WINDOWS = [
  'securityContext.appArmorProfile',
  'securityContext.seLinuxOptions',
  'hostUsers',
  'hostPID',
  'hostIPC',
  'securityContext.seccompProfile',
  'securityContext.fsGroup',
  'securityContext.fsGroupChangePolicy',
  'securityContext.sysctls',
  'shareProcessNamespace',
  'securityContext.runAsUser',
  'securityContext.runAsGroup',
  'securityContext.supplementalGroups',
  'securityContext.supplementalGroupsPolicy',
  'securityContext.seLinuxChangePolicy',
];
const CONTAINER_NOT_ON_WINDOWS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

/** What the system in `spec.os` rules out. */
export function systemErrors(spec: JsonObject, path: string): FieldError[] {
  if (!isObject(spec.os)) return [];
  const name = text(spec.os, 'name');
  if (name === '') return [required(`${path}.os.name`)];
  if (name === 'linux') {
    const why = 'windows options cannot be set for a linux pod';
    const places: [JsonObject, string][] = [
      [part(spec, 'securityContext'), `${path}.securityContext`],
      ...contexts(spec, path),
    ];
    return places
      .filter(([context]) => isObject(context.windowsOptions))
      .map(([, place]) => forbidden(`${place}.windowsOptions`, why));
  }
  if (name !== 'windows') return [notSupported(`${path}.os`, name, ['linux', 'windows'])];
  const why = 'cannot be set for a windows pod';
  const context = part(spec, 'securityContext');
  const isSet = (field: string) => {
    const [key = '', inner] = field.split('.');
    return !isUnset(inner === undefined ? spec[key] : context[inner]);
  };
  return [
    ...NOT_ON_WINDOWS.filter(isSet).map((field) => forbidden(`${path}.${field}`, why)),
    ...contexts(spec, path).flatMap(([own, place]) =>
      CONTAINER_NOT_ON_WINDOWS.filter((key) => !isUnset(own[key])).map((key) =>
        forbidden(`${place}.${key}`, why),
      ),
    ),
  ];
}
