/** The pods that belong to a workload or a service, by its selector. */
import { type LabelSelector, type Pod, PODS } from '@kagent/kube';
import type { K8sContext } from './context.ts';
import { type AnyObject, recordOf } from './objects.ts';

/** Empty when the object selects nothing. Rejects when pods can't be listed. */
export async function podsOf(context: K8sContext, object: AnyObject): Promise<Pod[]> {
  const labelSelector = selectorOf(object);
  if (labelSelector === undefined) return [];
  const { namespace } = object.metadata;
  return (await context.kube.list(PODS, { namespace, labelSelector })).items;
}

function selectorOf(object: AnyObject): string | undefined {
  const selector = recordOf(recordOf(object['spec'])['selector']);
  if (Object.keys(selector).length === 0) return undefined;
  const isPlain = Object.values(selector).every((value) => typeof value === 'string');
  return isPlain
    ? formatLabels(selector as Record<string, string>)
    : formatSelector(selector as LabelSelector);
}

function formatLabels(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** The query form of a LabelSelector, e.g. `app=web,tier in (a,b)`. */
export function formatSelector(selector: LabelSelector): string {
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  });
  const labels = formatLabels(selector.matchLabels ?? {});
  return [labels, ...expressions].filter((term) => term !== '').join(',');
}
