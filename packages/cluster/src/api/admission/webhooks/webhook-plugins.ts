/** MutatingAdmissionWebhook and ValidatingAdmissionWebhook: which webhooks a write concerns, in which order they speak. */
import type { Activation } from '../../../schema/cel-expression.ts';
import { cloneJson, isObject, jsonEqual } from '../../../schema/json.ts';
import { applyJsonPatch } from '../../../patch/json-patch.ts';
import type { VersionConverter } from '../../conversion/version-converter.ts';
import { withMetadata } from '../../decode-object.ts';
import type { ApiObject } from '../../object.ts';
import type { ServedResource } from '../../resource-registry.ts';
import { fromScale } from '../../scale.ts';
import { forbidden, internalError } from '../../status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { presented, reviewRequest } from '../admission-review.ts';
import { checkConditions } from '../conditions.ts';
import type { ExpressionVariables } from '../expression-variables.ts';
import { isExempt } from '../match.ts';
import type { Matcher } from '../match.ts';
import { callWebhook } from './call-webhook.ts';
import type { CallDependencies, ReviewCall } from './call-webhook.ts';
import type { Webhook, WebhookIndex, WebhookType } from './webhook-index.ts';

export interface WebhookDependencies extends CallDependencies {
  index: WebhookIndex;
  matcher: Matcher;
  converter: VersionConverter;
  variablesFor: ExpressionVariables;
}

/** What a webhook is told, and in which version. */
interface Concerned {
  webhook: Webhook;
  resource: ServedResource;
}

export function mutatingWebhooks(deps: WebhookDependencies): AdmissionPlugin {
  /** For each webhook that may be called again: the object as it was after its call. */
  const outcomes = new WeakMap<AdmissionRequest, Map<Webhook, unknown>>();
  return {
    name: 'MutatingAdmissionWebhook',
    mutates: (request) =>
      !isExempt(request) &&
      deps.index
        .get('mutating')
        .some((webhook) => deps.matcher.matchRules(webhook, request) !== undefined),
    mutate(request) {
      const known = outcomes.get(request);
      const webhooks = deps.index.get('mutating').filter((webhook) => {
        if (request.reinvocation !== 'running') return true;
        return known?.has(webhook) === true && !jsonEqual(known.get(webhook), request.object);
      });
      if (webhooks.length === 0 || isExempt(request)) return;
      const seen = known ?? new Map<Webhook, unknown>();
      outcomes.set(request, seen);
      return mutateInTurn(deps, { request, webhooks, seen });
    },
  };
}

/** Synchronous when none of the webhooks is concerned. Which are is asked in turn: an earlier one may change labels. */
function mutateInTurn(
  deps: WebhookDependencies,
  run: { request: AdmissionRequest; webhooks: Webhook[]; seen: Map<Webhook, unknown> },
): Promise<void> | undefined {
  const { request, webhooks, seen } = run;
  for (const [index, webhook] of webhooks.entries()) {
    const concerned = concern(deps, webhook, request);
    if (!concerned) continue;
    return (async () => {
      await mutateOnce(deps, request, concerned);
      if (webhook.mayBeReinvoked) seen.set(webhook, cloneJson(request.object));
      await mutateInTurn(deps, { request, seen, webhooks: webhooks.slice(index + 1) });
    })();
  }
  return undefined;
}

async function mutateOnce(
  deps: WebhookDependencies,
  request: AdmissionRequest,
  concerned: Concerned,
): Promise<void> {
  const call = await callFor(deps, { request, type: 'mutating', concerned });
  const patch = await callWebhook(deps, call);
  if (patch.length === 0 || !request.object || !isObject(call.object)) return;
  const before = request.object;
  try {
    const patched = applyJsonPatch(call.object, patch);
    request.object = await objectFrom(deps, { request, concerned, patched });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw internalError(why, error);
  }
  if (!jsonEqual(before, request.object)) request.reinvocation ??= 'wanted';
}

/** A patched object as the client's write would have it: in its version, decoded, with defaults. */
async function objectFrom(
  deps: WebhookDependencies,
  patch: {
    request: AdmissionRequest;
    concerned: Concerned;
    patched: Record<string, unknown>;
  },
): Promise<ApiObject> {
  const { request, concerned, patched } = patch;
  const { resource } = request;
  const before = request.object;
  if (request.subresource === 'scale' && before) {
    const scaled = fromScale(resource, before, patched);
    return { ...scaled, metadata: before.metadata };
  }
  const object = withMetadata(patched, concerned.resource);
  const isOwnKind = before?.kind === resource.kind && before.apiVersion === resource.apiVersion;
  if (!isOwnKind) return object;
  const result = await translate(deps, object, { from: concerned.resource, to: resource });
  resource.version.schema.prune(result);
  if (request.subresource === undefined) resource.definition.strategy?.applyDefaults?.(result);
  resource.version.schema.applyDefaults(result);
  return result;
}

export function validatingWebhooks(deps: WebhookDependencies): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(request) {
      if (isExempt(request)) return;
      const concerned = deps.index
        .get('validating')
        .map((webhook) => concern(deps, webhook, request))
        .filter((item) => item !== undefined);
      if (concerned.length === 0) return;
      return validateAll(deps, request, concerned);
    },
  };
}

/** All at once; of several refusals the first in order counts. */
async function validateAll(
  deps: WebhookDependencies,
  request: AdmissionRequest,
  concerned: Concerned[],
): Promise<void> {
  const results = await Promise.allSettled(
    concerned.map(async (item) => {
      const call = await callFor(deps, { request, type: 'validating', concerned: item });
      await callWebhook(deps, call);
    }),
  );
  const refused = results.find((result) => result.status === 'rejected');
  if (refused) throw refused.reason;
}

/** Whether a webhook is to be asked. Throws Forbidden when its conditions cannot be evaluated and failures count. */
function concern(
  deps: WebhookDependencies,
  webhook: Webhook,
  request: AdmissionRequest,
): Concerned | undefined {
  const resource = deps.matcher.match(webhook, request);
  if (!resource) return undefined;
  const result = checkConditions(webhook.conditions, (): Activation => ({
    object: presented(request, request.object),
    oldObject: presented(request, request.oldObject),
    request: reviewRequest(request, resource),
    ...deps.variablesFor(request),
  }));
  if (result === 'match') return { webhook, resource };
  if (result === 'no-match' || webhook.ignoresFailure) return undefined;
  throw forbidden(request.resource, request.name, result.error);
}

async function callFor(
  deps: WebhookDependencies,
  of: { request: AdmissionRequest; type: WebhookType; concerned: Concerned },
): Promise<ReviewCall> {
  const { request, type, concerned } = of;
  const { webhook, resource } = concerned;
  const view = async (object: ApiObject | undefined) => {
    const isOwnKind = object?.kind === request.resource.kind;
    if (!object || request.subresource === 'scale' || !isOwnKind || resource === request.resource)
      return presented(request, object);
    return translate(deps, object, { from: request.resource, to: resource });
  };
  const [object, oldObject] = [await view(request.object), await view(request.oldObject)];
  return { webhook, type, request, resource, object, oldObject };
}

async function translate(
  { converter }: WebhookDependencies,
  object: ApiObject,
  { from, to }: { from: ServedResource; to: ServedResource },
): Promise<ApiObject> {
  if (from === to) return object;
  const stored = await converter.toStorage(object, from);
  const [result = stored] = await converter.toVersion([stored], to);
  return result;
}
