/** What nodes and controllers write into the status of a pod. */
import { forbidden, invalid } from '../../../schema/field-error.ts';
import type { JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { addressProblem } from '../addresses.ts';
import { isUnset, items, part, text } from '../rules.ts';
import { qualifiedNameErrors, subdomainErrors } from './checks.ts';
import { podAnnotationUpdateErrors } from './pod-annotations.ts';

/** The first of the addresses is the address; the quality of service stays. */
export function preparePodStatus(pod: JsonObject, old: JsonObject): void {
  const status: JsonObject = { ...part(pod, 'status') };
  const { podIP, hostIP } = status;
  if (!isUnset(podIP) && items(status, 'podIPs')[0]?.[0].ip !== podIP) {
    status.podIPs = [{ ip: podIP }];
  }
  if (!isUnset(hostIP) && items(status, 'hostIPs')[0]?.[0].ip !== hostIP) {
    if (items(status, 'hostIPs').length > 0) status.hostIPs = [{ ip: hostIP }];
  }
  const { qosClass } = part(old, 'status');
  if (isUnset(status.qosClass) && qosClass !== undefined) status.qosClass = qosClass;
  pod.status = status;
}

const OF_THE_SYSTEM = ['PodScheduled', 'Ready', 'Initialized'];

/** Errors of a write of the status. */
export function podStatusErrors(pod: JsonObject, old: JsonObject): FieldError[] {
  const [status, before] = [part(pod, 'status'), part(old, 'status')];
  const errors = podAnnotationUpdateErrors(pod, old);
  for (const [condition, place] of items(status, 'conditions', 'status.')) {
    const type = text(condition, 'type');
    if (!OF_THE_SYSTEM.includes(type)) errors.push(...qualifiedNameErrors(type, `${place}.Type`));
  }
  const nominated = text(status, 'nominatedNodeName');
  if (nominated !== '' && nominated !== before.nominatedNodeName) {
    errors.push(...subdomainErrors(nominated, 'status.nominatedNodeName'));
    if (text(part(old, 'spec'), 'nodeName') !== '') {
      const why = 'may not be set on pods that are already bound to a node';
      errors.push(forbidden('status.nominatedNodeName', why));
    }
  }
  if (text(status, 'qosClass') !== text(before, 'qosClass')) {
    errors.push(invalid('status.qosClass', text(status, 'qosClass'), 'field is immutable'));
  }
  for (const key of ['podIPs', 'hostIPs'])
    for (const [address, place] of items(status, key, 'status.'))
      errors.push(...addressProblem(text(address, 'ip'), place));
  return errors;
}
