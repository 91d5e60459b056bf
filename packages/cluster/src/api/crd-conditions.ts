/** Conditions of a CRD that follow from its annotations and its conversion webhook alone. */
import { X509Certificate } from 'node:crypto';

import { invalid, required } from '../schema/field-error.ts';
import type { FieldError } from '../schema/schema.ts';
import { stringAt } from './json.ts';
import type { ApiObject } from './object.ts';

/** A condition without its time; `status` is True or False. */
export interface CrdCondition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

const APPROVAL = 'api-approved.kubernetes.io';
const POLICY = 'https://github.com/kubernetes/enhancements/pull/1111';

/**
 * `KubernetesAPIApprovalPolicyConformant` for the groups that belong to the Kubernetes community (KEP-1111); undefined for
 * every other group.
 */
export function approvalCondition(crd: ApiObject): CrdCondition | undefined {
  const group = stringAt(crd, 'spec', 'group') ?? '';
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return undefined;
  const annotation = crd.metadata.annotations?.[APPROVAL] ?? '';
  const found = (status: string, reason: string, message: string): CrdCondition => ({
    type: 'KubernetesAPIApprovalPolicyConformant',
    status,
    reason,
    message,
  });
  const must = `protected groups must have approval annotation "${APPROVAL}"`;
  if (annotation === '') return found('False', 'MissingAnnotation', `${must}, see ${POLICY}`);
  if (annotation.startsWith('unapproved'))
    return found('False', 'UnapprovedAnnotation', `not approved: ${JSON.stringify(annotation)}`);
  if (URL.canParse(annotation) && new URL(annotation).host !== '')
    return found('True', 'ApprovedAnnotation', `approved in ${annotation}`);
  const either = 'with either a URL or a reason starting with "unapproved"';
  return found('False', 'InvalidAnnotation', `${must} ${either}, see ${POLICY}`);
}

/** The annotation of a protected group must say something, unless it says what it said before. */
export function approvalErrors(crd: ApiObject, old: ApiObject | undefined): FieldError[] {
  const found = approvalCondition(crd);
  if (found === undefined || APPROVED.has(found.reason)) return [];
  if (old !== undefined && approvalCondition(old)?.reason === found.reason) return [];
  const field = `metadata.annotations[${APPROVAL}]`;
  const value = crd.metadata.annotations?.[APPROVAL] ?? '';
  return [value === '' ? required(field, found.message) : invalid(field, value, found.message)];
}

const APPROVED: ReadonlySet<string> = new Set(['ApprovedAnnotation', 'UnapprovedAnnotation']);

/** Whether `caBundle` of a client configuration is absent or holds certificates (PEM, base64). */
export function hasUsableCaBundle(clientConfig: unknown): boolean {
  const bundle = stringAt(clientConfig, 'caBundle');
  if (bundle === undefined || bundle === '') return true;
  const pem = Buffer.from(bundle, 'base64').toString('latin1');
  if (pem.trim() === '') return true;
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.length > 0 && blocks.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
