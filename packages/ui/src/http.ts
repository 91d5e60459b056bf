/** The way to the server: REST with the kagent envelope, and plain requests. Everything that comes back is checked. */
import { z } from 'zod';

const Failure = z.looseObject({ error: z.string() });
const Success = z.looseObject({ data: z.unknown() });

/** Its message is for people. `status` is the HTTP status, 0 when nothing answered. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** True when kagent itself did not answer: nothing there, or a proxy that says so. */
export function isAway(error: unknown): boolean {
  return error instanceof ApiError && [0, 502, 503, 504].includes(error.status);
}

/** The server, as the page reaches it. Paths begin with a slash. */
export interface Http {
  /** `data` of the envelope. Rejects with `ApiError`, or with the signal's reason. */
  read<T>(path: string, schema: z.ZodType<T>, init?: RequestInit): Promise<T>;
  /** Any answer, whatever its status. Rejects with `ApiError` of status 0, or with the signal's reason. */
  send(path: string, init?: RequestInit): Promise<Response>;
}

/** Over any `fetch`; sends JSON. */
export function createHttp(fetch: typeof globalThis.fetch): Http {
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await fetch(path, {
        ...init,
        ...(init.body === undefined ? {} : { headers: { 'content-type': 'application/json' } }),
      });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiError(0, 'kagent does not answer.');
    }
  }

  return {
    send,
    async read(path, schema, init) {
      const response = await send(path, init);
      const body: unknown = await response.json().catch(() => undefined);
      init?.signal?.throwIfAborted();
      if (!response.ok) {
        const failure = Failure.safeParse(body);
        throw new ApiError(
          response.status,
          failure.success ? failure.data.error : `The server answered ${response.status}.`,
        );
      }
      const envelope = Success.safeParse(body);
      const data = schema.safeParse(envelope.data?.data);
      if (!envelope.success || !data.success) {
        throw new ApiError(
          response.status,
          'The server answered something that this page does not understand.',
        );
      }
      return data.data;
    },
  };
}
