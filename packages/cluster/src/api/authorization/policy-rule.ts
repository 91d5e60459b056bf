/** One rule of a role: what it allows, and whether a set of rules covers another (rbac.authorization.k8s.io/v1). */
import { isObject } from '../../schema/json.ts';
import { listAt } from '../json.ts';
import type { AccessRequest } from './authorizer.ts';

/** A PolicyRule as in the API: of resources (`apiGroups`, `resources`) or of paths (`nonResourceURLs`). */
export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

const FIELDS = ['apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'] as const;

/** The rules in a Role or ClusterRole; empty lists are left out. */
export function rulesOf(role: unknown): PolicyRule[] {
  return listAt(role, 'rules')
    .filter(isObject)
    .map((item) => {
      const rule: PolicyRule = { verbs: texts(item['verbs']) };
      for (const field of FIELDS) {
        const values = texts(item[field]);
        if (values.length > 0) rule[field] = values;
      }
      return rule;
    });
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Whether the rule allows the request. Resources match as `*`, `plural`, `plural/sub` or `*` + `/sub`. */
export function allows(rule: PolicyRule, request: AccessRequest): boolean {
  if (!has(rule.verbs, request.verb)) return false;
  const { resource, subresource, name = '' } = request;
  if (resource === undefined) return matchesUrl(rule.nonResourceURLs, request.path ?? '');
  return (
    has(rule.apiGroups, request.group ?? '') &&
    matchesResource(rule.resources, resource, subresource) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(name))
  );
}

function has(values: string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes('*') || values.includes(value));
}

function matchesResource(
  resources: string[] | undefined,
  resource: string,
  subresource: string | undefined,
): boolean {
  if (resources === undefined) return false;
  if (subresource === undefined || subresource === '') return has(resources, resource);
  return has(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

function matchesUrl(urls: string[] | undefined, path: string): boolean {
  return (urls ?? []).some(
    (url) =>
      url === '*' ||
      url === path ||
      (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, ''))),
  );
}

/** Rules with more combinations than this are not broken down. */
const MAX_SINGLES = 10_000;

/**
 * What of `asked` is not covered by `held`, as rules of one verb on one thing, the way Kubernetes breaks them down. Empty
 * when everything is covered. A rule of very many combinations must be covered by one rule, or is missing as a whole.
 */
export function missingRules(held: PolicyRule[], asked: PolicyRule[]): PolicyRule[] {
  const isHeld = (rule: PolicyRule) => held.some((owned) => covers(owned, rule));
  return asked
    .filter((rule) => !isHeld(rule))
    .flatMap((rule) =>
      combinations(rule) > MAX_SINGLES
        ? [rule]
        : [...singles(rule)].filter((single) => !isHeld(single)),
    );
}

function combinations(rule: PolicyRule): number {
  const {
    verbs,
    apiGroups = [],
    resources = [],
    resourceNames = [''],
    nonResourceURLs = [],
  } = rule;
  const things = apiGroups.length * resources.length * resourceNames.length;
  return verbs.length * (things + nonResourceURLs.length);
}

function* singles(rule: PolicyRule): Generator<PolicyRule> {
  const { verbs, apiGroups = [], resources = [], resourceNames, nonResourceURLs = [] } = rule;
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const single = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (resourceNames === undefined) yield single;
        else for (const name of resourceNames) yield { ...single, resourceNames: [name] };
      }
    }
  }
  for (const url of nonResourceURLs) {
    for (const verb of verbs) yield { verbs: [verb], nonResourceURLs: [url] };
  }
}

function covers(owned: PolicyRule, rule: PolicyRule): boolean {
  if (!hasAll(owned.verbs, rule.verbs)) return false;
  const urls = rule.nonResourceURLs ?? [];
  if (!urls.every((url) => matchesUrl(owned.nonResourceURLs, url))) return false;
  if (rule.resources === undefined) return true;
  return (
    hasAll(owned.apiGroups, rule.apiGroups) &&
    rule.resources.every((resource) => coversResource(owned.resources, resource)) &&
    coversNames(owned.resourceNames, rule.resourceNames)
  );
}

function hasAll(held: string[] = [], asked: string[] = []): boolean {
  return held.includes('*') || asked.every((value) => held.includes(value));
}

function coversResource(held: string[] = [], resource: string): boolean {
  if (held.includes('*') || held.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash !== -1 && held.includes(`*/${resource.slice(slash + 1)}`);
}

function coversNames(held: string[] | undefined, asked: string[] | undefined): boolean {
  if (held === undefined) return true;
  return asked !== undefined && asked.every((name) => held.includes(name));
}

/** Joins rules of one verb on one thing that differ in the verb only. */
export function compactRules(rules: PolicyRule[]): PolicyRule[] {
  const compact = new Map<string, PolicyRule>();
  for (const { verbs, ...target } of rules) {
    const key = JSON.stringify(target);
    const known = compact.get(key);
    if (known === undefined) compact.set(key, { ...target, verbs: [...verbs] });
    else known.verbs.push(...verbs.filter((verb) => !known.verbs.includes(verb)));
  }
  return [...compact.values()];
}

const DESCRIBED = [
  ['APIGroups', 'apiGroups'],
  ['Resources', 'resources'],
  ['NonResourceURLs', 'nonResourceURLs'],
  ['ResourceNames', 'resourceNames'],
  ['Verbs', 'verbs'],
] as const;

/** A rule as Kubernetes prints it in refusals: `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`. */
export function describeRule(rule: PolicyRule): string {
  const parts = DESCRIBED.flatMap(([label, field]) => {
    const values = rule[field] ?? [];
    return values.length === 0 ? [] : [`${label}:${quotedList(values)}`];
  });
  return `{${parts.join(', ')}}`;
}

/** A list of texts as Go's `%q` prints it. */
export function quotedList(values: string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}
