/**
 * One way to declare what a process can be told: each setting knows its flag, its environment variable, its default and
 * what it means. Commands, `--help` and the reference page are made from these tables; values are parsed once, in the
 * command, and all problems are reported together.
 */
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { z } from 'zod';

export interface Setting<T> {
  /** Long flag without dashes, e.g. `api-port`. */
  flag: string;
  env: string;
  /** Shown as `--api-port <port>`; left out for booleans. */
  placeholder?: string;
  description: string;
  schema: z.ZodType<T>;
  /** As text, as a person would type it. */
  default?: string;
}

export type Settings = Record<string, Setting<unknown>>;
export type Values<S extends Settings> = {
  [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

export const port = z.coerce.number().int().min(0).max(65535);

export const LOG_LEVEL_SETTING = {
  flag: 'log-level',
  env: 'KAGENT_LOG_LEVEL',
  placeholder: 'level',
  description: 'what goes to the log file: debug, info, warn or error',
  schema: z.enum(['debug', 'info', 'warn', 'error']),
  default: 'info',
};

export const CONTAINER_ENGINE_SETTING = {
  flag: 'container-engine',
  env: 'KAGENT_CONTAINER_ENGINE',
  placeholder: 'program',
  description:
    'runs images of containers: auto (podman or docker if one answers), none, or a program',
  schema: z.string().min(1),
  default: 'auto',
};

export function addSettings(command: Command, settings: Settings): void {
  for (const setting of Object.values(settings)) {
    const name = setting.placeholder
      ? `--${setting.flag} <${setting.placeholder}>`
      : `--${setting.flag}`;
    const fallback = setting.default === undefined ? '' : `, default ${setting.default}`;
    command.option(name, `${setting.description} (env ${setting.env}${fallback})`);
  }
}

/** Flag, else environment, else default. Rejects with every problem at once. */
export function readSettings<S extends Settings>(
  settings: S,
  flags: Record<string, unknown>,
  env: Record<string, string | undefined>,
): Values<S> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, setting] of Object.entries(settings)) {
    const fromFlag = flags[camelCase(setting.flag)];
    const fromEnv = env[setting.env];
    const raw = fromFlag ?? (fromEnv === '' ? undefined : fromEnv) ?? setting.default;
    const result = setting.schema.safeParse(raw);
    if (result.success) values[key] = result.data;
    else {
      const source = fromFlag === undefined ? setting.env : `--${setting.flag}`;
      problems.push(`${source}=${String(raw)}: ${result.error.issues[0]?.message ?? 'invalid'}`);
    }
  }
  if (problems.length > 0) throw new KagentError('invalid_argument', problems.join('\n'));
  return values as Values<S>;
}

function camelCase(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
