/** What schemas of built-in and custom kinds clients read: `kubectl explain`, apply, diff, validation. */
import type { Area } from '../case.ts';

/** Group versions whose schemas are the same but for those listed under `differs`. */
const DOCUMENTS = [
  'api/v1',
  'apis/admissionregistration.k8s.io/v1',
  'apis/apiregistration.k8s.io/v1',
  'apis/apps/v1',
  'apis/autoscaling/v1',
  'apis/autoscaling/v2',
  'apis/batch/v1',
  'apis/certificates.k8s.io/v1',
  'apis/coordination.k8s.io/v1',
  'apis/discovery.k8s.io/v1',
  'apis/events.k8s.io/v1',
  'apis/flowcontrol.apiserver.k8s.io/v1',
  'apis/networking.k8s.io/v1',
  'apis/node.k8s.io/v1',
  'apis/policy/v1',
  'apis/rbac.authorization.k8s.io/v1',
  'apis/scheduling.k8s.io/v1',
  'apis/storage.k8s.io/v1',
];

const SHARED = {
  '0.body.meta/v1/APIResource': 'documents do not describe discovery',
  '0.body.meta/v1/APIResourceList': 'the same',
  '0.body.meta/v1/WatchEvent': 'documents do not describe the old watch paths',
  '0.body.pkg/runtime/RawExtension': 'of WatchEvent',
  '0.body.meta/v1/DeleteOptions': 'lists the kinds of group versions that are not served',
};

/** Of single documents. */
const DIFFERS: Record<string, Record<string, string>> = {
  'api/v1': {
    '0.body.authentication/v1/BoundObjectReference':
      'documents have no subresources but status and scale',
    '0.body.authentication/v1/TokenRequest': 'the same',
    '0.body.authentication/v1/TokenRequestSpec': 'the same',
    '0.body.authentication/v1/TokenRequestStatus': 'the same',
    '0.body.policy/v1/Eviction': 'the same',
    '0.body.core/v1/ContainerStatus': 'the names of signals are not listed',
    '0.body.core/v1/Lifecycle': 'the same',
  },
  'apis/apps/v1': { '0.body.core/v1/Lifecycle': 'the names of signals are not listed' },
  'apis/batch/v1': { '0.body.core/v1/Lifecycle': 'the names of signals are not listed' },
  'apis/certificates.k8s.io/v1': {
    '0.body.certificates/v1/CertificateSigningRequestSpec': 'usages are not listed',
  },
  'apis/networking.k8s.io/v1': {
    '0.body.networking/v1/IngressRule': 'a reference without a description is wrapped as well',
  },
};

export const OPENAPI: Area = {
  name: 'openapi',
  cases: DOCUMENTS.map((path) => ({
    name: `schemas of ${path}`,
    steps: [{ request: `GET /openapi/v3/${path}`, shape: 'schemas' as const }],
    differs: { ...SHARED, ...DIFFERS[path] },
  })),
};
