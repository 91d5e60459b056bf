/** What a patch request can fail with before the object itself is judged. */

export interface PatchErrorOptions {
  /** 400 malformed patch, 413 too large, 422 well formed but it does not apply. */
  status: 400 | 413 | 422;
  /** See `unexpectedPatch`. */
  isUnexpected?: boolean;
  /** The message of the Status, worded as a real server words it. */
  message: string;
  /** What is really wrong, for logs and for people; a real server keeps it to itself. */
  detail?: string;
}

/** Status reasons that belong to the status codes above. */
const REASONS = {
  400: 'BadRequest',
  413: 'RequestEntityTooLarge',
  422: 'Invalid',
} as const;
export type PatchErrorReason = (typeof REASONS)[keyof typeof REASONS] | undefined;

export class PatchError extends Error {
  override readonly name = 'PatchError';
  readonly status: PatchErrorOptions['status'];
  readonly reason: PatchErrorReason;
  readonly detail: string;

  constructor({ status, message, detail, isUnexpected = false }: PatchErrorOptions) {
    super(message);
    this.status = status;
    this.reason = isUnexpected ? undefined : REASONS[status];
    this.detail = detail ?? message;
  }
}

/** 400 with the reason in the message. */
export function malformedPatch(message: string): PatchError {
  return new PatchError({ status: 400, message });
}

/**
 * 400 without a reason: bad input that a real server is taken unawares by. It answers 500, which clients try again; the text
 * they print is the same.
 */
export function unexpectedPatch(message: string): PatchError {
  return new PatchError({ status: 400, message, isUnexpected: true });
}

/** 422. The API server answers every patch that does not apply with this one sentence. */
export function unappliablePatch(detail: string): PatchError {
  return new PatchError({
    status: 422,
    message: 'the server rejected our request due to an error in our request',
    detail,
  });
}
