/** The body of a create or an update: JSON or YAML that says of what kind it is, or a refusal in the words of Go's decoder. */
import { builtinTypes } from '../builtin/types.ts';
import { isObject } from '../schema/json.ts';
import { contentTypeOf, decodeBody } from './body.ts';
import type { DecodedBody } from './body.ts';
import { goTypeOf } from './json.ts';
import type { ApiRequest } from './request.ts';
import type { ServedResource } from './resource-registry.ts';
import { badRequest, StatusError } from './status-error.ts';

/** The type Go finds kind and apiVersion of a body with; its errors name it. */
export const TYPE_META = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;
export const JSON_ERROR = "couldn't get version/kind; json parse error: ";

/** Reads the body. Its value is an object whose kind and apiVersion, where given, are texts. Throws 400, 415. */
export function decodeTyped(request: ApiRequest, resource: ServedResource): DecodedBody {
  const body = readBody(request, resource);
  const { isCustom } = resource;
  const isNothing = body.value === null || body.value === undefined;
  if (isNothing && !isCustom && hasContent(request)) return { ...body, value: {} };
  const problem = typeProblem(request, body.value, isCustom);
  if (problem !== undefined) throw unrecognized(request, resource, problem);
  return body;
}

function readBody(request: ApiRequest, resource: ServedResource): DecodedBody {
  try {
    return decodeBody(request);
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.code !== 400) throw error;
    throw unrecognized(request, resource, error.message);
  }
}

/** Empty YAML is null; empty JSON is no JSON. */
function hasContent(request: ApiRequest): boolean {
  return request.body !== undefined || contentTypeOf(request).endsWith('yaml');
}

function typeProblem(request: ApiRequest, value: unknown, isCustom: boolean): string | undefined {
  if (value === undefined) return `${JSON_ERROR}unexpected end of JSON input`;
  if (value !== null && !isObject(value))
    return `${JSON_ERROR}json: cannot unmarshal ${goTypeOf(value)} into Go value of type ${TYPE_META}`;
  for (const field of ['kind', 'apiVersion']) {
    const given = value?.[field] ?? '';
    if (typeof given !== 'string')
      return `${JSON_ERROR}json: cannot unmarshal ${goTypeOf(given)} into Go struct field .${field} of type string`;
  }
  const apiVersion = String(value?.['apiVersion'] ?? '');
  if (apiVersion.split('/').length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  if (isCustom && (value?.['kind'] ?? '') === '')
    return `Object 'Kind' is missing in '${textOf(request)}'`;
  return undefined;
}

function unrecognized(request: ApiRequest, { kind }: ServedResource, problem: string): StatusError {
  const what = `the object provided is unrecognized (must be of type ${kind})`;
  return badRequest(`${what}: ${problem} (${summary(Buffer.from(textOf(request)))})`);
}

/** JSON text of what a client in this process sent. */
function textOf({ body }: ApiRequest): string {
  if (body === undefined) return '';
  return 'bytes' in body ? Buffer.from(body.bytes).toString('utf8') : JSON.stringify(body.value);
}

const SUMMARY_BYTES = 30;

function summary(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const shown = bytes.subarray(0, SUMMARY_BYTES);
  const text = shown.toString(bytes[0] === 0x7b ? 'utf8' : 'hex');
  return bytes.length > SUMMARY_BYTES ? `${text} ...` : text;
}

/** Why an object cannot be taken for one of a built-in resource; undefined when its type is the resource's. */
export function conversionProblem(
  { apiVersion, kind }: { apiVersion: string; kind: string },
  resource: ServedResource,
): string | undefined {
  if (apiVersion === resource.apiVersion && kind === resource.kind) return undefined;
  const group = groupOf(apiVersion);
  const known =
    group !== 'meta.k8s.io' &&
    (builtinTypes.ofKind(apiVersion, kind) !== undefined || isCommon(apiVersion, kind));
  if (known && kind === resource.kind && internalGroup(group) === internalGroup(resource.group))
    return `the API version in the data (${apiVersion}) does not match the expected API version (${resource.apiVersion})`;
  const version = apiVersion.split('/').at(-1) ?? '';
  const why = known
    ? `converting (${version}.${kind}) to (${internalGroup(resource.group)}.${resource.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
  return `${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${why}`;
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** Lists, and what every version of the core has. */
function isCommon(apiVersion: string, kind: string): boolean {
  if (apiVersion === 'v1' && ['List', 'Status'].includes(kind)) return true;
  const item = kind.replace(/List$/, '');
  return item !== kind && builtinTypes.ofKind(apiVersion, item) !== undefined;
}

/** The Go package of a group's internal types. */
function internalGroup(group: string): string {
  return group === '' || group === 'events.k8s.io' ? 'core' : (group.split('.')[0] ?? '');
}
