/** The one error of this package, with the reasons of meta/v1 Status, and predicates so that callers never compare text. */
import { isRecord } from './parse-json.ts';
import type { KubeRequest, KubeResponse } from './transport.ts';
import type { Status } from './types.ts';

/** StatusReason of Kubernetes; the last four are made on this side of the wire and have code 0. */
export type KubeErrorReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'TooManyRequests'
  | 'InternalError'
  | 'ServerTimeout'
  | 'Timeout'
  | 'ServiceUnavailable'
  | 'Unreachable'
  | 'InvalidResponse'
  | 'InvalidKubeconfig'
  | 'Unsupported'
  | (string & {});

export interface KubeErrorOptions {
  reason: KubeErrorReason;
  /** HTTP status; 0 when there was no answer. */
  code: number;
  message: string;
  status?: Status;
  cause?: unknown;
}

/** A call the API server refused (`code` ≥ 400, `status` is its body), or one that got no answer (`code` 0). */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly reason: KubeErrorReason;
  readonly code: number;
  readonly status: Status | undefined;

  constructor(options: KubeErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = options.reason;
    this.code = options.code;
    this.status = options.status;
  }
}

const REASON_OF_CODE: Readonly<Record<number, KubeErrorReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function reasonOf(code: number): KubeErrorReason {
  return REASON_OF_CODE[code] ?? (code >= 500 ? 'InternalError' : 'BadRequest');
}

function isStatus(body: unknown): body is Status {
  return isRecord(body) && body['kind'] === 'Status';
}

/** The error of a Status object, e.g. the one in a watch's `ERROR` event. */
export function kubeErrorFromStatus(status: Status): KubeError {
  const code = status.code ?? 500;
  const reason =
    status.reason === undefined || status.reason === '' ? reasonOf(code) : status.reason;
  return new KubeError({ reason, code, message: status.message ?? reason, status });
}

/** The error of an answer with status ≥ 400. Keeps at most 512 characters of a body that is not a Status. */
export function kubeErrorFromResponse(request: KubeRequest, response: KubeResponse): KubeError {
  const { status: code, body } = response;
  if (isStatus(body)) return kubeErrorFromStatus({ ...body, code: body.code ?? code });
  const text = typeof body === 'string' ? body.trim().slice(0, 512) : '';
  const message = `${request.method} ${request.path}: HTTP ${code}${text === '' ? '' : `: ${text}`}`;
  return new KubeError({ reason: reasonOf(code), code, message });
}

/** The error of a call that got no answer. An abort is not an error of the call: rethrow the signal's reason instead. */
export function unreachable(request: KubeRequest, cause: unknown): KubeError {
  const detail = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new KubeError({
    reason: 'Unreachable',
    code: 0,
    message: `${request.method} ${request.path}: no answer from the API server: ${detail}`,
    cause,
  });
}

function hasReason(error: unknown, ...reasons: KubeErrorReason[]): error is KubeError {
  return error instanceof KubeError && reasons.includes(error.reason);
}

export function isKubeError(error: unknown): error is KubeError {
  return error instanceof KubeError;
}

/** The object (or the kind) does not exist. */
export function isNotFound(error: unknown): error is KubeError {
  return error instanceof KubeError && error.code === 404;
}

export function isAlreadyExists(error: unknown): error is KubeError {
  return hasReason(error, 'AlreadyExists');
}

/** Somebody else wrote first, or a server-side apply met fields of another manager: read again and repeat. */
export function isConflict(error: unknown): error is KubeError {
  return hasReason(error, 'Conflict');
}

/** The resourceVersion is outside of what the server can serve, older or newer: list again. */
export function isGone(error: unknown): error is KubeError {
  if (!(error instanceof KubeError)) return false;
  if (error.code === 410 || error.reason === 'Expired' || error.reason === 'Gone') return true;
  return (error.status?.details?.causes ?? []).some(
    (cause) => cause.reason === 'ResourceVersionTooLarge',
  );
}

/** Rejected by validation; `status.details.causes` names the fields. */
export function isInvalid(error: unknown): error is KubeError {
  return hasReason(error, 'Invalid');
}

export function isForbidden(error: unknown): error is KubeError {
  return error instanceof KubeError && error.code === 403;
}

export function isUnauthorized(error: unknown): error is KubeError {
  return error instanceof KubeError && error.code === 401;
}

export function isTooManyRequests(error: unknown): error is KubeError {
  return error instanceof KubeError && error.code === 429;
}

/** No answer: nothing is known about whether a write happened. */
export function isUnreachable(error: unknown): error is KubeError {
  return hasReason(error, 'Unreachable');
}
