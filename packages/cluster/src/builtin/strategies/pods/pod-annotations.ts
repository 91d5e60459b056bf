/** Annotations that mean something to pods. */
import { forbidden, invalid } from '../../../schema/field-error.ts';
import type { JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { items, part, text } from '../rules.ts';
import { relativePathErrors } from './checks.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const CONTAINER_SECCOMP = 'container.seccomp.security.alpha.kubernetes.io/';
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const FIELD = 'metadata.annotations';

export function podAnnotationErrors(pod: JsonObject): FieldError[] {
  const annotations = part(part(pod, 'metadata'), 'annotations');
  const keys = Object.keys(annotations);
  if (keys.length === 0) return [];
  const spec = part(pod, 'spec');
  const errors: FieldError[] = [];
  if (keys.includes(MIRROR) && text(spec, 'nodeName') === '') {
    const why = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(invalid(`${FIELD}[${MIRROR}]`, annotations[MIRROR], why));
  }
  const cost = annotations[DELETION_COST];
  if (typeof cost === 'string' && !isCost(cost)) {
    errors.push(invalid(`${FIELD}[${DELETION_COST}]`, cost, 'must be a 32bit integer'));
  }
  for (const key of keys.filter((name) => name === SECCOMP || name.startsWith(CONTAINER_SECCOMP)))
    errors.push(...seccompErrors(text(annotations, key), `${FIELD}.${key}`));
  const names = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) =>
    items(spec, list).map(([container]) => text(container, 'name')),
  );
  for (const key of keys.filter((name) => name.startsWith(APP_ARMOR))) {
    const [container, profile] = [key.slice(APP_ARMOR.length), text(annotations, key)];
    const place = `${FIELD}[${key}]`;
    if (!names.includes(container)) errors.push(invalid(place, container, 'container not found'));
    if (/^$|^runtime\/default$|^unconfined$|^localhost\//.test(profile)) continue;
    const why = `invalid AppArmor profile name: ${JSON.stringify(profile)}`;
    errors.push(invalid(place, profile, why));
  }
  return errors;
}

function isCost(text: string): boolean {
  const value = Number(text);
  return /^(?:0|-?[1-9]\d*)$/.test(text) && value >= -(2 ** 31) && value < 2 ** 31;
}

function seccompErrors(profile: string, path: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return [];
  if (profile.startsWith('localhost/'))
    return relativePathErrors(profile.slice('localhost/'.length), path);
  return [invalid(path, profile, 'must be a valid seccomp profile')];
}

/** What marks a pod of a node's own, and the profiles of containers, stays as it was. */
export function podAnnotationUpdateErrors(pod: JsonObject, old: JsonObject): FieldError[] {
  const [now, before] = [pod, old].map((of) => part(part(of, 'metadata'), 'annotations'));
  const errors: FieldError[] = [];
  for (const key of new Set([...Object.keys(before ?? {}), ...Object.keys(now ?? {})])) {
    if (now?.[key] === before?.[key]) continue;
    const verb = before?.[key] === undefined ? 'add' : 'remove or update';
    if (key.startsWith(APP_ARMOR))
      errors.push(forbidden(`${FIELD}[${key}]`, `may not ${verb} AppArmor annotations`));
    if (key === MIRROR)
      errors.push(forbidden(`${FIELD}[${key}]`, `may not ${verb} mirror pod annotation`));
  }
  return [...errors, ...podAnnotationErrors(pod)];
}
