/** POST `serviceaccounts/<name>/token`: a token for an account, bound to an audience, a time and, if asked, to an object. */
import type { Clock } from '@kagent/kube';

import { isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { listAt, numberAt, objectAt, stringAt } from './json.ts';
import { fromStorage, objectKey, resourcePrefix, timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import { badRequest, conflict, invalid, notFound } from './status-error.ts';
import type { StatusError } from './status-error.ts';
import { ISSUER } from './tokens.ts';
import type { BoundObject, TokenAuthority } from './tokens.ts';

const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const DEFAULT_SECONDS = 3600;

/** The TokenRequest with its answer in `status`. Throws 400, 404, 409 and 422 as a real API server does. */
export function answerTokenRequest(
  deps: { storage: Storage; tokens: TokenAuthority; clock: Clock },
  account: ApiObject,
  body: unknown,
): JsonObject {
  if (!isObject(body)) throw badRequest('the body is not an object of kind TokenRequest');
  const { namespace = '', name, uid = '' } = account.metadata;
  const asked = stringAt(body, 'metadata', 'name') ?? '';
  if (asked !== '' && asked !== name) throw misnamed(name, asked);
  const expirationSeconds = lifetime(body);
  const boundTo = boundObject(deps.storage, account, body);
  const audiences = listAt(body, 'spec', 'audiences').filter((item) => typeof item === 'string');
  const subject = { namespace, name, uid, audiences, expirationSeconds, boundTo };
  const { token, expirationTimestamp } = deps.tokens.issue(subject);
  const spec = {
    ...objectAt(body, 'spec'),
    audiences: audiences.length > 0 ? audiences : [ISSUER],
    expirationSeconds,
    boundObjectRef: objectAt(body, 'spec', 'boundObjectRef') ?? null,
  };
  const creationTimestamp = timestamp(deps.clock.now());
  const metadata = { ...objectAt(body, 'metadata'), name, namespace, uid, creationTimestamp };
  return { ...body, metadata, spec, status: { token, expirationTimestamp } };
}

function misnamed(name: string, asked: string): StatusError {
  const detail = `Invalid value: ${JSON.stringify(asked)}: must match the service account name if specified`;
  const error: FieldError = { type: 'Invalid', field: 'metadata.name', detail };
  return invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [error]);
}

function lifetime(body: JsonObject): number {
  const seconds = numberAt(body, 'spec', 'expirationSeconds') ?? DEFAULT_SECONDS;
  const problem =
    seconds < MIN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > MAX_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (problem === undefined) return seconds;
  const detail = `Invalid value: ${seconds}: ${problem}`;
  const error: FieldError = { type: 'Invalid', field: 'spec.expirationSeconds', detail };
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [error]);
}

const BINDABLE = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' } as const;

function boundObject(
  storage: Storage,
  account: ApiObject,
  body: JsonObject,
): BoundObject | undefined {
  const reference = objectAt(body, 'spec', 'boundObjectRef');
  if (!reference) return undefined;
  const kind = stringAt(reference, 'kind') ?? '';
  const apiVersion = stringAt(reference, 'apiVersion') ?? '';
  if (!['', 'v1'].includes(apiVersion) || !isBindable(kind)) {
    const type = `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
    throw badRequest(`cannot bind token to object of type ${type}`);
  }
  const resource = { group: '', plural: BINDABLE[kind] };
  const name = stringAt(reference, 'name') ?? '';
  const namespace = kind === 'Node' ? undefined : account.metadata.namespace;
  const entry = storage.get(objectKey(resourcePrefix(resource), namespace, name));
  if (!entry) throw notFound(resource, name);
  const object = fromStorage(entry);
  const asked = stringAt(reference, 'uid') ?? '';
  const uid = object.metadata.uid ?? '';
  if (asked !== '' && asked !== uid) {
    const why = `the UID in the bound object reference (${asked}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', plural: kind }, name, why);
  }
  const runsAs = stringAt(object, 'spec', 'serviceAccountName') ?? 'default';
  if (kind === 'Pod' && runsAs !== account.metadata.name) {
    const message = `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`;
    throw badRequest(message);
  }
  return { kind, name, uid };
}

function isBindable(kind: string): kind is keyof typeof BINDABLE {
  return Object.hasOwn(BINDABLE, kind);
}
