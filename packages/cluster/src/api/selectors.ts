/** Label and field selectors: parsing as kubectl writes them, and matching. */
import { badRequest } from './status-error.ts';

type Requirement =
  | { key: string; operator: 'in' | 'notin'; values: Set<string> }
  | { key: string; operator: 'exists' | 'missing' };

type FieldRequirement = { field: string; equal: boolean; value: string };

/** True when an object is selected. */
export type LabelMatcher = (labels: Record<string, string>) => boolean;

const TERM =
  /^\s*(?:(!)\s*([^\s!=,()]+)|([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)|([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)|([^\s!=,()]+))\s*(?:,|$)/;

/** Undefined for an empty selector. Throws a BadRequest `StatusError` when it cannot be read. */
export function parseLabelSelector(text: string | null): LabelMatcher | undefined {
  if (text === null || text.trim() === '') return undefined;
  const requirements: Requirement[] = [];
  let rest = text;
  while (rest.trim() !== '') {
    const match = TERM.exec(rest);
    if (!match)
      throw badRequest(
        `unable to parse requirement: found '${rest.trim()}', expected: a label selector`,
      );
    requirements.push(requirementOf(match));
    rest = rest.slice(match[0].length);
  }
  return (labels) => requirements.every((requirement) => satisfies(labels, requirement));
}

function requirementOf(match: RegExpExecArray): Requirement {
  const [, not, absent, setKey, setOperator, list, key, operator, value, present] = match;
  if (not !== undefined) return { key: absent ?? '', operator: 'missing' };
  if (setKey !== undefined) {
    const values = new Set((list ?? '').split(',').map((item) => item.trim()));
    return { key: setKey, operator: setOperator === 'in' ? 'in' : 'notin', values };
  }
  if (key !== undefined) {
    return { key, operator: operator === '!=' ? 'notin' : 'in', values: new Set([value ?? '']) };
  }
  return { key: present ?? '', operator: 'exists' };
}

function satisfies(labels: Record<string, string>, requirement: Requirement): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'in':
      return value !== undefined && requirement.values.has(value);
    case 'notin':
      return value === undefined || !requirement.values.has(value);
    case 'exists':
      return value !== undefined;
    case 'missing':
      return value === undefined;
  }
}

export interface FieldSelector {
  /** The one name that can match, when the selector fixes it: a watch of one object. */
  name?: string;
  matches(fields: (field: string) => string | undefined): boolean;
}

/** Undefined for an empty selector. `isSupported` tells the fields of the kind; others are a BadRequest. */
export function parseFieldSelector(
  text: string | null,
  isSupported: (field: string) => boolean,
): FieldSelector | undefined {
  if (text === null || text.trim() === '') return undefined;
  const requirements = text.split(/(?<!\\),/).map((term) => fieldRequirement(term, text));
  for (const { field } of requirements) {
    if (!isSupported(field)) throw badRequest(`field label not supported: ${field}`);
  }
  const name = requirements.find(({ field, equal }) => field === 'metadata.name' && equal)?.value;
  return {
    name,
    matches: (fields) =>
      requirements.every(({ field, equal, value }) => ((fields(field) ?? '') === value) === equal),
  };
}

function fieldRequirement(term: string, selector: string): FieldRequirement {
  const match = /^\s*([^=!]+?)\s*(==|=|!=)(.*)$/s.exec(term);
  if (!match) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  const value = (match[3] ?? '').trim().replaceAll(/\\([\\,=])/g, '$1');
  return { field: match[1] ?? '', equal: match[2] !== '!=', value };
}
