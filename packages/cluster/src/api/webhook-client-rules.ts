/** What the URL or the service of a webhook may look like (apiserver `util/webhook/validation.go`). */
import { invalid, required } from '../schema/field-error.ts';
import type { FieldError } from '../schema/schema.ts';
import { numberAt, stringAt } from './json.ts';
import { subdomainProblems } from './names.ts';

const FORM = '; desired format: https://host[/path]';
/** As Go reads a URL: scheme, user, host, path, query, fragment, each possibly absent. */
const URL_PARTS =
  /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** `url` of a client configuration, at `path`. */
export function webhookUrlErrors(url: string, path: string): FieldError[] {
  const problem = urlProblem(url);
  if (problem !== undefined) {
    const why = `url must be a valid URL: parse ${JSON.stringify(url)}: ${problem}${FORM}`;
    return [required(path, why)];
  }
  const [, scheme = '', user, host = '', , query = '', fragment = ''] = URL_PARTS.exec(url) ?? [];
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== 'https') {
    const why = `'https' is the only allowed URL scheme${FORM}`;
    errors.push(invalid(path, scheme.toLowerCase(), why));
  }
  if (host === '') errors.push(invalid(path, host, `host must be specified${FORM}`));
  if (user !== undefined)
    errors.push(invalid(path, user, 'user information is not permitted in the URL'));
  if (fragment !== '')
    errors.push(invalid(path, fragment, 'fragments are not permitted in the URL'));
  if (query !== '')
    errors.push(invalid(path, query, 'query parameters are not permitted in the URL'));
  return errors;
}

/** Why Go cannot read a URL. */
function urlProblem(url: string): string | undefined {
  if (Array.from(url).some((character) => character < ' ' || character === '\u007f'))
    return 'net/url: invalid control character in URL';
  if (url.startsWith(':')) return 'missing protocol scheme';
  const escape = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(url);
  if (escape) return `invalid URL escape ${JSON.stringify(escape[0])}`;
  const [, scheme, , host = '', path = ''] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined && /^[^/]*:/.test(path))
    return 'first path segment in URL cannot contain colon';
  const port = /:([^:\]]*)$/.exec(host);
  if (port && /\D/.test(port[1] ?? '')) return `invalid port ${JSON.stringify(port[0])} after host`;
  if (host.includes(' ')) return `invalid character " " in host name`;
  return undefined;
}

/** `service` of a client configuration, at `path`. */
export function webhookServiceErrors(service: unknown, path: string): FieldError[] {
  const errors = ['name', 'namespace']
    .filter((field) => (stringAt(service, field) ?? '') === '')
    .map((field) => required(`${path}.${field}`));
  const port = numberAt(service, 'port') ?? 443;
  if (port < 1 || port > 65535) {
    const why = 'port is not valid: must be between 1 and 65535, inclusive';
    errors.push(invalid(`${path}.port`, port, why));
  }
  return [...errors, ...urlPathErrors(stringAt(service, 'path') ?? '', `${path}.path`)];
}

function urlPathErrors(urlPath: string, path: string): FieldError[] {
  if (urlPath === '' || urlPath === '/') return [];
  const empty = (segment: number): FieldError =>
    invalid(path, urlPath, `segment[${segment}] may not be empty`);
  if (urlPath === '//') return [empty(0)];
  const errors = urlPath.startsWith('/') ? [] : [invalid(path, urlPath, "must start with a '/'")];
  const segments = urlPath.slice(1).replace(/\/$/, '').split('/');
  for (const [index, segment] of segments.entries()) {
    if (segment === '') errors.push(empty(index));
    else
      for (const problem of subdomainProblems(segment))
        errors.push(invalid(path, urlPath, `segment[${index}]: ${problem}`));
  }
  return errors;
}
