/** Says to a model what an API server's refusal means and what can be done about it. */
import type { KubeError } from '@kagent/kube';

const NEXT_STEP: Readonly<Record<string, string>> = {
  Forbidden:
    'The identity of the tool server lacks this permission; an administrator can grant it with RBAC. Do not try other ways around it.',
  Unauthorized:
    'The credentials of the tool server were not accepted; an administrator has to renew them.',
  AlreadyExists: 'Use k8s_apply_manifest or k8s_patch_resource to change what exists.',
  Conflict:
    'Somebody else changed it at the same time, or owns these fields: read it again, then repeat the change.',
  Invalid: 'Correct the named fields and try again.',
  UnsupportedMediaType: 'This kind does not take that patch type: use patch_type=merge.',
  TooManyRequests: 'Wait a moment, then try again.',
  NotFound: 'Check kind, name and namespace with k8s_get_resources.',
};

/** One line or a few; holds the server's own message. */
export function explainKubeError(error: KubeError): string {
  if (error.reason === 'Unreachable')
    return `The Kubernetes API server gave no answer (${error.message}). Nothing is known about the outcome; try again in a moment.`;
  const step = NEXT_STEP[error.reason];
  const message = error.message.endsWith('.') ? error.message : `${error.message}.`;
  return `${error.reason}: ${message}${causesOf(error)}${step === undefined ? '' : ` ${step}`}`;
}

/** Fields that the message does not name already. */
function causesOf(error: KubeError): string {
  const causes = (error.status?.details?.causes ?? []).filter(
    (cause) => cause.field !== undefined && !error.message.includes(cause.field),
  );
  return causes.map((cause) => ` ${cause.field}: ${cause.message ?? cause.reason ?? ''}.`).join('');
}
