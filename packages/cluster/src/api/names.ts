/** What names, labels and annotations may look like; messages as in apimachinery's `util/validation`. */
import type { FieldError } from '../schema/schema.ts';

const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

interface NameRule {
  pattern: RegExp;
  max: number;
  text: string;
}

const rule = (pattern: string, max: number, text: string): NameRule => ({
  pattern: new RegExp(`^${pattern}$`),
  max,
  text,
});

const SUBDOMAIN_RULE = rule(
  SUBDOMAIN,
  253,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
    `with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`,
);
const LABEL_RULE = rule(
  LABEL,
  63,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
    `alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`,
);
const LABEL_1035_RULE = rule(
  LABEL_1035,
  63,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end " +
    `with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${LABEL_1035}')`,
);
const QUALIFIED_RULE = rule(
  QUALIFIED,
  63,
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
    `character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}')`,
);
const VALUE_RULE = rule(
  `(${QUALIFIED})?`,
  63,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
    `with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${QUALIFIED})?')`,
);

/** What is wrong with the name of an object of this kind; empty when nothing is. */
export function nameProblems(of: { group: string; kind: string }, name: string): string[] {
  if (of.group === 'rbac.authorization.k8s.io') return pathSegmentProblems(name);
  if (of.group === '' && of.kind === 'Namespace') return dnsLabelProblems(name);
  if (of.group === 'apps' && of.kind === 'StatefulSet') return dnsLabelProblems(name);
  // Their names are not looked at when they are made.
  if (of.group === 'policy') return pathSegmentProblems(name);
  if (of.group === '' && of.kind === 'Service') return check(LABEL_1035_RULE, name);
  // Addresses, which their strategy looks at.
  if (of.group === 'networking.k8s.io' && of.kind === 'IPAddress') return [];
  return check(SUBDOMAIN_RULE, name);
}

/** Complaints about `metadata.labels`. */
export function labelErrors(labels: Record<string, string>): FieldError[] {
  const field = 'metadata.labels';
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalidValue(field, key, problem)),
    ...check(VALUE_RULE, value, 'bytes').map((problem) => invalidValue(field, value, problem)),
  ]);
}

const MAX_ANNOTATION_BYTES = 256 * 1024;

/** Complaints about `metadata.annotations`. */
export function annotationErrors(annotations: Record<string, string>): FieldError[] {
  const field = 'metadata.annotations';
  const errors = Object.keys(annotations).flatMap((key) =>
    qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidValue(field, key, problem)),
  );
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + value.length,
    0,
  );
  if (size > MAX_ANNOTATION_BYTES) {
    errors.push({
      type: 'TooLong',
      field,
      detail: `Too long: may not be more than ${MAX_ANNOTATION_BYTES} bytes`,
    });
  }
  return errors;
}

/** Complaints about the form of `prefix/name`. */
export function qualifiedNameProblems(key: string): string[] {
  const parts = key.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${QUALIFIED_RULE.text.slice('name part '.length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const problems =
    prefix === undefined
      ? []
      : prefix === ''
        ? ['prefix part must be non-empty']
        : check(SUBDOMAIN_RULE, prefix, 'bytes').map((text) => `prefix part ${text}`);
  if (name === '') problems.push('name part must be non-empty');
  const own = check(QUALIFIED_RULE, name, 'bytes');
  return [
    ...problems,
    ...own.map((text) => (text.startsWith('name part') ? text : `name part ${text}`)),
  ];
}

/** Complaints about the value of a label. */
export function labelValueProblems(value: string): string[] {
  return check(VALUE_RULE, value, 'bytes');
}

export function invalidValue(field: string, value: string, problem: string): FieldError {
  return { type: 'Invalid', field, detail: `Invalid value: ${JSON.stringify(value)}: ${problem}` };
}

/** What is wrong with an RFC 1123 label, e.g. the name of a namespace or a container. */
export function dnsLabelProblems(value: string): string[] {
  const problems = check(LABEL_RULE, value);
  if (problems.at(-1) !== LABEL_RULE.text || !SUBDOMAIN_RULE.pattern.test(value)) return problems;
  return [...problems.slice(0, -1), 'must not contain dots'];
}

/** What is wrong with an RFC 1123 subdomain, e.g. the name of a Secret. */
export function subdomainProblems(value: string): string[] {
  return check(SUBDOMAIN_RULE, value);
}

/** A DNS-1035 label, as CRD names need it. */
export function dns1035Problems(value: string): string[] {
  return check(LABEL_1035_RULE, value);
}

/** A real server counts characters of names and bytes of labels, by what it says; both are bytes. */
function check({ pattern, max, text }: NameRule, value: string, unit = 'characters'): string[] {
  const problems: string[] = [];
  if (value.length > max) problems.push(`must be no more than ${max} ${unit}`);
  if (!pattern.test(value)) problems.push(text);
  return problems;
}

/** What is wrong with a name that only has to fit into a path. */
export function pathSegmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%']
    .filter((part) => name.includes(part))
    .map((part) => `may not contain '${part}'`);
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** `generateName` and five random characters; `random` gives numbers in [0, 1). */
export function generateName(base: string, random: () => number): string {
  let name = base.slice(0, 58);
  for (let i = 0; i < 5; i += 1)
    name += SUFFIX_ALPHABET[Math.floor(random() * SUFFIX_ALPHABET.length)];
  return name;
}
