/** One call of one admission webhook: the review sent, the answer checked, a refusal or failure put into words. */
import { isObject } from '../../../schema/json.ts';
import type { JsonObject } from '../../../schema/json.ts';
import { objectAt, stringAt, valueAt } from '../../json.ts';
import type { ApiObject } from '../../object.ts';
import { badRequest, internalError, StatusError } from '../../status-error.ts';
import type { WebhookClient } from '../../webhook/webhook-client.ts';
import type { AdmissionRequest } from '../admission.ts';
import { kindText, reviewRequest } from '../admission-review.ts';
import type { ServedResource } from '../../resource-registry.ts';
import type { Webhook, WebhookType } from './webhook-index.ts';

export interface CallDependencies {
  client: WebhookClient;
  randomId(): string;
}

export interface ReviewCall {
  webhook: Webhook;
  type: WebhookType;
  request: AdmissionRequest;
  /** The version the webhook is spoken to in, and the objects in it. */
  resource: ServedResource;
  object: ApiObject | JsonObject | undefined;
  oldObject: ApiObject | JsonObject | undefined;
}

/**
 * Resolves with the patch of an allowed request (a list of operations, empty when there is none). Rejects with the
 * refusal, or with the failure unless the webhook's `failurePolicy` ignores it.
 */
export async function callWebhook(deps: CallDependencies, call: ReviewCall): Promise<unknown[]> {
  const { webhook, request } = call;
  if (request.dryRun && !webhook.allowsDryRun)
    throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  let response: JsonObject;
  let patch: unknown[];
  try {
    response = await review(deps, call);
    patch = patchIn(response, call.type);
  } catch (error) {
    if (webhook.ignoresFailure) return [];
    const why = error instanceof Error ? error.message : String(error);
    throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${why}`, error);
  }
  const warnings = response['warnings'];
  for (const text of Array.isArray(warnings) ? warnings : [])
    if (typeof text === 'string' && text !== '') request.warn(text);
  if (response['allowed'] === true) return patch;
  throw denial(webhook.name, objectAt(response, 'status'));
}

async function review(deps: CallDependencies, call: ReviewCall): Promise<JsonObject> {
  const { webhook, request, resource, object, oldObject } = call;
  const { reviewVersion, clientConfig, timeoutSeconds } = webhook;
  if (reviewVersion === undefined)
    throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  const uid = deps.randomId();
  const body = {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${reviewVersion}`,
    request: {
      uid,
      ...reviewRequest(request, resource),
      object: object ?? null,
      oldObject: oldObject ?? null,
    },
  };
  let answer: unknown;
  try {
    answer = await deps.client.call({ clientConfig, timeoutSeconds, body });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`failed to call webhook: ${why}`, { cause: error });
  }
  try {
    return responseIn(answer, { uid, reviewVersion });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`received invalid webhook response: ${why}`, { cause: error });
  }
}

/** The response of a review. Old webhooks leave out what v1beta1 did not ask for, and often answer in that version. */
function responseIn(
  answer: unknown,
  { uid, reviewVersion }: { uid: string; reviewVersion: 'v1' | 'v1beta1' },
): JsonObject {
  const response = objectAt(answer, 'response');
  if (!isObject(answer) || !response) throw new Error('webhook response was absent');
  const apiVersion = stringAt(answer, 'apiVersion') ?? '';
  const kind = stringAt(answer, 'kind') ?? '';
  if (
    apiVersion === 'admission.k8s.io/v1beta1' ||
    (reviewVersion === 'v1beta1' && apiVersion === '')
  )
    return response;
  const expected = 'admission.k8s.io/v1';
  if (apiVersion !== expected || kind !== 'AdmissionReview') {
    throw new Error(
      `expected webhook response of ${kindText(expected, 'AdmissionReview')}, got ${kindText(apiVersion, kind)}`,
    );
  }
  const given = stringAt(response, 'uid') ?? '';
  if (given !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given)}`);
  const hasPatch = (stringAt(response, 'patch') ?? '') !== '';
  const patchType = stringAt(response, 'patchType');
  if (hasPatch && patchType === undefined)
    throw new Error('webhook returned response.patch but not response.patchType');
  if (!hasPatch && patchType !== undefined && patchType !== '')
    throw new Error('webhook returned response.patchType but not response.patch');
  if (hasPatch && patchType !== 'JSONPatch')
    throw new Error(`webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`);
  return response;
}

function patchIn(response: JsonObject, type: WebhookType): unknown[] {
  const text = stringAt(response, 'patch') ?? '';
  if (text === '' || type === 'validating' || response['allowed'] !== true) return [];
  const operations: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  if (!Array.isArray(operations)) throw new Error('response.patch is not a list of operations');
  return operations;
}

/** The refusal of a webhook, with the code it gave (400 by default). */
function denial(name: string, status: JsonObject | undefined): StatusError {
  const deniedBy = `admission webhook ${JSON.stringify(name)} denied the request`;
  const message = stringAt(status, 'message') ?? '';
  const reason = stringAt(status, 'reason') ?? '';
  const code = valueAt(status, 'code');
  const text =
    message !== ''
      ? `${deniedBy}: ${message}`
      : reason !== ''
        ? `${deniedBy}: ${reason}`
        : `${deniedBy} without explanation`;
  const details = objectAt(status, 'details');
  return new StatusError({
    code: typeof code === 'number' && code >= 400 && code < 600 ? code : 400,
    reason,
    message: text,
    ...(details && { details }),
  });
}
