/** What every command that talks to a running platform can be told. */
import { z } from 'zod';

export const CLIENT_SETTINGS = {
  url: {
    flag: 'kagent-url',
    env: 'KAGENT_URL',
    placeholder: 'url',
    description: 'address of the kagent API',
    schema: z.url().transform((url) => url.replace(/\/+$/, '')),
    default: 'http://127.0.0.1:8083',
  },
  namespace: {
    flag: 'namespace',
    env: 'KAGENT_NAMESPACE',
    placeholder: 'namespace',
    description: 'namespace to work in',
    schema: z.string().min(1),
    default: 'kagent',
  },
  userId: {
    flag: 'user',
    env: 'USER_ID',
    placeholder: 'id',
    description: 'user id to act as',
    schema: z.string().min(1),
    default: 'admin@kagent.dev',
  },
  timeout: {
    flag: 'timeout',
    env: 'KAGENT_TIMEOUT',
    placeholder: 'duration',
    description: 'how long to wait for an answer, e.g. 300s or 5m',
    schema: z
      .string()
      .regex(/^\d+(ms|s|m|h)?$/, 'use a number with ms, s, m or h')
      .transform(milliseconds),
    default: '300s',
  },
};

function milliseconds(text: string): number {
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const [, count = '0', unit = 's'] = /^(\d+)(ms|s|m|h)?$/.exec(text) ?? [];
  return Number(count) * (units[unit] ?? 1000);
}
