/** The stored webhook configurations, read once for each change instead of once for each write. */
import type { Logger } from '@kagent/kube';

import { compileExpression } from '../../../schema/cel-expression.ts';
import type { CompiledExpression } from '../../../schema/cel-expression.ts';
import { isObject } from '../../../schema/json.ts';
import type { JsonObject } from '../../../schema/json.ts';
import type { Storage } from '../../../storage/storage.ts';
import { listAt, numberAt, objectAt, stringAt } from '../../json.ts';
import { fromStorage, resourcePrefix } from '../../object.ts';
import type { MatchCriteria } from '../match.ts';

export type WebhookType = 'mutating' | 'validating';

export interface Webhook extends MatchCriteria {
  name: string;
  /** Name of the configuration it is from. */
  configuration: string;
  clientConfig: JsonObject;
  ignoresFailure: boolean;
  timeoutSeconds: number;
  /** False when a dry run may not call it. */
  allowsDryRun: boolean;
  /** The first version of AdmissionReview both sides know. */
  reviewVersion: 'v1' | 'v1beta1' | undefined;
  mayBeReinvoked: boolean;
  conditions: MatchCondition[];
}

export interface MatchCondition {
  name: string;
  /** Throws what is wrong with the expression. */
  compiled(): CompiledExpression;
}

/** What expressions of match conditions may use. */
export const CONDITION_VARIABLES = [
  'object',
  'oldObject',
  'request',
  'authorizer',
  'authorizer.requestResource',
] as const;

const GROUP = 'admissionregistration.k8s.io';
const DEFAULT_TIMEOUT_SECONDS = 10;

export interface WebhookIndex {
  /** In the order they are called: by name of the configuration, then as listed. */
  get(type: WebhookType): readonly Webhook[];
  close(): void;
}

export function createWebhookIndex(storage: Storage, logger: Logger): WebhookIndex {
  const known: Record<WebhookType, Webhook[] | undefined> = {
    mutating: undefined,
    validating: undefined,
  };
  const load = (type: WebhookType): Webhook[] =>
    storage
      .list(prefixOf(type))
      .entries.map(fromStorage)
      .flatMap((configuration) =>
        listAt(configuration, 'webhooks')
          .filter(isObject)
          .map((webhook) => parseWebhook(webhook, configuration.metadata.name)),
      );
  const types = ['mutating', 'validating'] as const;
  const stops = types.map((type) =>
    storage.subscribe(prefixOf(type), ({ key }) => {
      known[type] = undefined;
      logger.debug({ key }, 'webhook configuration changed');
    }),
  );
  return {
    get: (type) => (known[type] ??= load(type)),
    close() {
      for (const stop of stops) stop();
    },
  };
}

function prefixOf(type: WebhookType): string {
  return resourcePrefix({ group: GROUP, plural: `${type}webhookconfigurations` });
}

function parseWebhook(webhook: JsonObject, configuration: string): Webhook {
  const versions = listAt(webhook, 'admissionReviewVersions');
  const sideEffects = stringAt(webhook, 'sideEffects');
  return {
    name: stringAt(webhook, 'name') ?? '',
    configuration,
    clientConfig: objectAt(webhook, 'clientConfig') ?? {},
    rules: listAt(webhook, 'rules'),
    matchPolicy: stringAt(webhook, 'matchPolicy'),
    namespaceSelector: webhook['namespaceSelector'],
    objectSelector: webhook['objectSelector'],
    ignoresFailure: stringAt(webhook, 'failurePolicy') === 'Ignore',
    timeoutSeconds: numberAt(webhook, 'timeoutSeconds') ?? DEFAULT_TIMEOUT_SECONDS,
    allowsDryRun: sideEffects === 'None' || sideEffects === 'NoneOnDryRun',
    reviewVersion: versions.find((version) => version === 'v1' || version === 'v1beta1') as
      | 'v1'
      | 'v1beta1'
      | undefined,
    mayBeReinvoked: stringAt(webhook, 'reinvocationPolicy') === 'IfNeeded',
    conditions: parseConditions(webhook['matchConditions']),
  };
}

/** `matchConditions` of a webhook or policy; compiled when first used. */
export function parseConditions(
  conditions: unknown,
  compile = (text: string) => compileExpression(text, { variables: CONDITION_VARIABLES }),
): MatchCondition[] {
  return (Array.isArray(conditions) ? conditions : []).map((condition) => {
    let compiled: CompiledExpression | undefined;
    const text = stringAt(condition, 'expression') ?? '';
    return {
      name: stringAt(condition, 'name') ?? '',
      compiled: () => (compiled ??= compile(text)),
    };
  });
}
