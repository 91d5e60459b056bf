/**
 * Every refusal of the API server, in the words and shapes of apimachinery's `api/errors`, because kubectl prints them
 * and clients act on reason and code.
 */
import type { Status } from '@kagent/kube';

import type { FieldError } from '../schema/schema.ts';

export type StatusDetails = NonNullable<Status['details']>;
type Cause = NonNullable<StatusDetails['causes']>[number];

/** A refused request; `status` is the body of the answer and `status.code` its HTTP code. */
export class StatusError extends Error {
  readonly status: Status & { code: number };

  constructor(
    failure: {
      code: number;
      reason?: string | undefined;
      message: string;
      details?: StatusDetails;
    },
    cause?: unknown,
  ) {
    super(failure.message, { cause });
    this.name = 'StatusError';
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: failure.message,
      ...(failure.reason !== undefined && { reason: failure.reason }),
      ...(failure.details && { details: failure.details }),
      code: failure.code,
    };
  }
}

/** Names a resource in messages. `plural` and `group` as on the wire. */
export interface ResourceName {
  group: string;
  plural: string;
}

const qualified = (of: ResourceName) => (of.group === '' ? of.plural : `${of.plural}.${of.group}`);

/** `details` of errors about a resource; `kind` holds the plural, as in apimachinery. */
const detailsOf = (of: ResourceName, name?: string): StatusDetails => ({
  ...(name !== undefined && name !== '' && { name }),
  ...(of.group !== '' && { group: of.group }),
  kind: of.plural,
});

export function notFound(of: ResourceName, name: string): StatusError {
  const message = `${qualified(of)} "${name}" not found`;
  return new StatusError({ code: 404, reason: 'NotFound', message, details: detailsOf(of, name) });
}

/** Something behind the server does not answer. */
export function serviceUnavailable(message: string, cause?: unknown): StatusError {
  return new StatusError({ code: 503, reason: 'ServiceUnavailable', message }, cause);
}

/** No such path or resource type. */
export function unknownPath(): StatusError {
  const message = 'the server could not find the requested resource';
  return new StatusError({ code: 404, reason: 'NotFound', message, details: {} });
}

export function alreadyExists(of: ResourceName, name: string, isBeingDeleted = false): StatusError {
  const prefix = isBeingDeleted ? 'object is being deleted: ' : '';
  const message = `${prefix}${qualified(of)} "${name}" already exists`;
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message,
    details: detailsOf(of, name),
  });
}

export const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(of: ResourceName, name: string, why: string = MODIFIED): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`;
  return new StatusError({ code: 409, reason: 'Conflict', message, details: detailsOf(of, name) });
}

/** A server-side apply that other managers stand in the way of. Causes name manager and field. */
export function applyConflict({
  message,
  causes,
}: {
  message: string;
  causes: Cause[];
}): StatusError {
  return new StatusError({ code: 409, reason: 'Conflict', message, details: { causes } });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}

/**
 * 400 without a reason: bad input that a real server is taken unawares by. It answers 500, which clients try again; the text
 * they print is the same.
 */
export function unexpectedInput(message: string): StatusError {
  return new StatusError({ code: 400, message });
}

export function unauthorized(): StatusError {
  return new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

export function forbidden(of: ResourceName, name: string, why: string): StatusError {
  const subject = name === '' ? qualified(of) : `${qualified(of)} "${name}"`;
  const message = `${subject} is forbidden: ${why}`;
  return new StatusError({ code: 403, reason: 'Forbidden', message, details: detailsOf(of, name) });
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError({ code: 405, reason: 'MethodNotAllowed', message, details: {} });
}

/** What custom resources say of a verb they do not have. */
export function methodNotSupported(
  of: ResourceName,
  verb: string,
  message = `${verb} is not supported on resources of kind "${qualified(of)}"`,
): StatusError {
  const details = detailsOf(of);
  return new StatusError({ code: 405, reason: 'MethodNotAllowed', message, details });
}

/** No representation of the path is of a media type the client takes. */
export function nothingAcceptable(available: string[]): StatusError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`;
  return new StatusError({ code: 406, reason: 'NotAcceptable', message, details: {} });
}

/** No clause of the Accept header can be served. */
export function notAcceptable(accepted: string[]): StatusError {
  const message = `only the following media types are accepted: ${accepted.join(', ')}`;
  return new StatusError({ code: 406, reason: 'NotAcceptable', message });
}

/** The path has no operation for bodies of this media type: patches of built-in kinds. */
export function noSuchMediaType(): StatusError {
  const message = '415: Unsupported Media Type';
  return new StatusError({ code: 415, reason: 'UnsupportedMediaType', message, details: {} });
}

export function unsupportedMediaType(accepted: string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError({ code: 415, reason: 'UnsupportedMediaType', message });
}

export function tooLarge(limit: number): StatusError {
  const message = `Request entity too large: limit is ${limit}`;
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message });
}

/** The asked-for revision is no longer known; clients list again. */
export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message });
}

/** The asked-for revision has not happened yet. */
export function tooLargeResourceVersion(asked: number, current: number): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

export function internalError(message: string, cause?: unknown): StatusError {
  const text = `Internal error occurred: ${message}`;
  const details = { causes: [{ message }] };
  return new StatusError({ code: 500, reason: 'InternalError', message: text, details }, cause);
}

const CAUSE_REASONS: Record<FieldError['type'], string> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  Duplicate: 'FieldValueDuplicate',
  NotSupported: 'FieldValueNotSupported',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  TypeInvalid: 'FieldValueTypeInvalid',
  Forbidden: 'FieldValueForbidden',
  NotFound: 'FieldValueNotFound',
};

/** An object that breaks its schema or rules; `errors` must not be empty. */
export function invalid(
  of: { group: string; kind: string },
  name: string,
  errors: FieldError[],
): StatusError {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.detail}`))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const kind = of.group === '' ? of.kind : `${of.kind}.${of.group}`;
  const causes = errors.map(({ type, detail, field }) => ({
    reason: CAUSE_REASONS[type],
    message: detail,
    field,
  }));
  const details: StatusDetails = {
    ...(name !== '' && { name }),
    ...(of.group !== '' && { group: of.group }),
    ...(of.kind !== '' && { kind: of.kind }),
    causes,
  };
  const message = `${kind} "${name}" is invalid: ${list}`;
  return new StatusError({ code: 422, reason: 'Invalid', message, details });
}

/** The answer to a delete that is done. */
export function deleted(of: ResourceName, name: string, uid: string | undefined): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...detailsOf(of, name), ...(uid !== undefined && { uid }) },
  };
}
