/** REST calls with the kagent envelope. Everything that comes back is checked. */
import { z } from 'zod';

const Failure = z.looseObject({ error: z.string() });
const Success = z.looseObject({ data: z.unknown() });

export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** `data` of the envelope. Rejects with `ApiError` whose message is for people. */
export async function api<T>(path: string, schema: z.ZodType<T>, init?: RequestInit): Promise<T> {
  const response = await reach(path, init);
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const failure = Failure.safeParse(body);
    throw new ApiError(
      response.status,
      failure.success ? failure.data.error : `The server answered ${response.status}.`,
    );
  }
  return schema.parse(Success.parse(body).data);
}

/** `fetch`, with a sentence instead of the browser's "Failed to fetch". */
export async function reach(path: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(path, {
      ...init,
      headers: { 'content-type': 'application/json', ...init?.headers },
    });
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw new ApiError(0, 'kagent does not answer. Is it still running?');
  }
}
