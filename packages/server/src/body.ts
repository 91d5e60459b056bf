/** Reads a request body: JSON text in, a checked value out. */
import { KagentError } from '@kagent/spec';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

/** Parses and checks; rejects with `invalid_argument` that names the field. */
export function bodyOf<T>(request: FastifyRequest, schema: z.ZodType<T>): T {
  return checked(schema, json(request));
}

export function json(request: FastifyRequest): unknown {
  const text = typeof request.body === 'string' ? request.body : '';
  if (text.trim() === '') throw new KagentError('invalid_argument', 'Invalid request body: EOF');
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KagentError('invalid_argument', `Invalid request body: ${reason}`, { cause: error });
  }
}

export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new KagentError(
    'invalid_argument',
    `Invalid request body: ${path ? `${path}: ` : ''}${issue?.message ?? 'does not fit'}`,
  );
}
