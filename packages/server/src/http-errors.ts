/** The one table from error code to HTTP status, and the error envelope `{ "error": "text" }`. */
import { type ErrorCode, isKagentError, KagentError } from '@kagent/spec';
import { KubeError } from '@kagent/kube';

export const HTTP_STATUS: Record<ErrorCode, number> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  conflict: 409,
  method_not_found: 404,
  parse_error: 400,
  payload_too_large: 413,
  unsupported_media_type: 415,
  unsupported_operation: 501,
  task_not_found: 404,
  task_not_cancelable: 409,
  agent_not_found: 404,
  agent_not_ready: 503,
  agent_unreachable: 502,
  model_unreachable: 502,
  model_unauthorized: 502,
  model_rate_limited: 429,
  model_overloaded: 503,
  model_bad_request: 502,
  model_stream_cut: 502,
  limit_exceeded: 422,
  canceled: 409,
  deadline_exceeded: 504,
  unavailable: 503,
  internal: 500,
};

/** What the caller sees of any failure. Details of the unexpected go to the log only. */
export function httpError(error: unknown): {
  status: number;
  body: { error: string; code: ErrorCode };
} {
  const known = isKagentError(error) ? error : translate(error);
  return { status: HTTP_STATUS[known.code], body: { error: known.message, code: known.code } };
}

function translate(error: unknown): KagentError {
  if (error instanceof KubeError) return fromKubernetes(error);
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  const message = error instanceof Error ? error.message : '';
  switch (status) {
    case 400:
      return new KagentError('invalid_argument', `Invalid request body: ${message}`);
    case 413:
      return new KagentError('payload_too_large', 'The request body is larger than 10 MiB.');
    case 415:
      return new KagentError(
        'unsupported_media_type',
        'Send JSON with Content-Type: application/json.',
      );
    default:
      return new KagentError('internal', 'Internal server error', { cause: error });
  }
}

/** What the Kubernetes API refused keeps its words: they name the field or the object. */
export function fromKubernetes(error: KubeError): KagentError {
  const code: ErrorCode =
    error.code === 404
      ? 'not_found'
      : error.code === 409
        ? error.reason === 'AlreadyExists'
          ? 'already_exists'
          : 'conflict'
        : error.code === 403
          ? 'permission_denied'
          : error.code === 400 || error.code === 422
            ? 'invalid_argument'
            : 'unavailable';
  return new KagentError(code, error.message, { cause: error });
}
