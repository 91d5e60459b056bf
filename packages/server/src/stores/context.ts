/** What the table modules share. */
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type { Tables } from './schema.ts';

export interface StoreContext {
  db: Kysely<Tables>;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Makes everything committed so far survive a power cut as well. */
  flush: () => Promise<void>;
}

/** Reads a JSON column that this store wrote itself. */
export function parseColumn<T>(schema: z.ZodType<T>, text: string): T {
  return schema.parse(JSON.parse(text));
}
