/** The formats of `format.<name>()` with the words of apimachinery's validation (Kubernetes `format` library). */
import { parseUrl } from '../cel-url.ts';
import { hasFormat } from '../formats.ts';

type Validate = (text: string) => string[];

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const DNS1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const labelText = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`;
const subdomainText = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;
const dns1035Text = `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${DNS1035}')`;
const qualifiedText = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;
const LABEL_VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const labelValueText = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${LABEL_VALUE}')`;

/** Every rule that is broken, length first. */
function rules(pattern: string, text: string, limit: number): Validate {
  const compiled = new RegExp(`^${pattern}$`);
  return (value) => [
    ...(value.length > limit ? [`must be no more than ${limit} bytes`] : []),
    ...(value.length > 4 * limit || !compiled.test(value) ? [text] : []),
  ];
}

const label = rules(LABEL, labelText, 63);
const subdomain = rules(SUBDOMAIN, subdomainText, 253);
const dns1035 = rules(DNS1035, dns1035Text, 63);
const labelValue = rules(LABEL_VALUE, labelValueText, 63);
const namePart = rules(QUALIFIED, qualifiedText, 63);

/** A prefix is what generateName may be: it may end with a dash. */
const prefixOf =
  (validate: Validate): Validate =>
  (value) =>
    validate(value.replace(/-$/, 'a'));

function qualifiedName(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? '';
  const problems: string[] = [];
  if (parts.length === 2) {
    if (parts[0] === '') problems.push('prefix part must be non-empty');
    else problems.push(...subdomain(parts[0] ?? '').map((text) => `prefix part ${text}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  return [
    ...problems,
    ...namePart(name).map((text) => text.replace(/^must be no/, 'name part must be no')),
  ];
}

const simple =
  (test: (text: string) => boolean, problem: string): Validate =>
  (value) =>
    test(value) ? [] : [problem];

export const namedFormats: Readonly<Record<string, Validate>> = {
  dns1123Label: label,
  dns1123Subdomain: subdomain,
  dns1035Label: dns1035,
  qualifiedName,
  dns1123LabelPrefix: prefixOf(label),
  dns1123SubdomainPrefix: prefixOf(subdomain),
  dns1035LabelPrefix: prefixOf(dns1035),
  labelValue,
  uri: (text) =>
    parseUrl(text) === undefined ? [`parse ${JSON.stringify(text)}: invalid URI for request`] : [],
  uuid: simple((text) => hasFormat(text, 'uuid'), 'does not match the UUID format'),
  byte: simple((text) => hasFormat(text, 'byte'), 'invalid base64'),
  date: simple((text) => hasFormat(text, 'date'), 'invalid date'),
  datetime: simple((text) => hasFormat(text, 'datetime'), 'invalid datetime'),
};
