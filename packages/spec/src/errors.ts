/**
 * The stable error codes of the product. Every binding (REST, JSON-RPC, CLI) owns one table from code to its own wire;
 * a test asserts that each table is total over this list.
 */
export const ERROR_CODES = [
  'invalid_argument',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'already_exists',
  'conflict',
  'method_not_found',
  'parse_error',
  'payload_too_large',
  'unsupported_media_type',
  'unsupported_operation',
  'task_not_found',
  'task_not_cancelable',
  'agent_not_found',
  'agent_not_ready',
  'agent_unreachable',
  'model_unreachable',
  'model_unauthorized',
  'model_rate_limited',
  'model_overloaded',
  'model_bad_request',
  'model_stream_cut',
  'limit_exceeded',
  'canceled',
  'deadline_exceeded',
  'unavailable',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface KagentErrorOptions {
  cause?: unknown;
  /** Safe to show to any caller; never holds secrets or internal detail. */
  data?: Record<string, unknown>;
}

/**
 * The one error class that callers may handle. `message` is for people and safe to show; everything private belongs in
 * `cause`, which only logs see.
 */
export class KagentError extends Error {
  readonly code: ErrorCode;
  readonly data: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: KagentErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KagentError';
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** True for a KagentError of any copy of this module: compares shape, not identity. */
export function isKagentError(value: unknown): value is KagentError {
  return value instanceof Error && value.name === 'KagentError' && 'code' in value;
}
