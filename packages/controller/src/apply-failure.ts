/** What a failed write of children means for the status and for the next try. */
import { isKubeError } from '@kagent/kube';

export interface ApplyFailure {
  /** For the status. */
  failure: string;
  /** To be thrown after the status was written, so that the key is tried again with backoff. */
  retry?: Error;
}

/**
 * What the server finds invalid stays so until the object changes: no retry. A conflict, an overload or no answer says
 * nothing about the object: rethrown at once. Everything else is shown and retried.
 */
export function failure(error: unknown): ApplyFailure {
  if (!isKubeError(error)) throw error;
  if (error.code === 400 || error.code === 422) return { failure: error.message };
  if (error.code === 0 || error.code === 409 || error.code === 429 || error.code >= 500)
    throw error;
  return { failure: error.message, retry: error };
}
