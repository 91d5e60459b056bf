/** Reads the part of an agentgateway configuration that the MCPServer controller writes: one port, one stdio target. */
import { KagentError } from '@kagent/spec';
import { parse } from 'yaml';
import { z } from 'zod';

const StdioTarget = z.object({
  cmd: z.string().min(1),
  args: z.array(z.coerce.string()).nullish(),
  env: z.record(z.string(), z.coerce.string()).nullish(),
});

const Config = z.object({
  binds: z.array(
    z.object({
      port: z.number().int().min(0).max(65_535),
      listeners: z.array(
        z.object({
          routes: z.array(
            z.object({
              backends: z.array(
                z.object({
                  mcp: z
                    .object({
                      targets: z.array(
                        z.object({ name: z.string(), stdio: StdioTarget.nullish() }),
                      ),
                    })
                    .nullish(),
                }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface AdapterConfig {
  port: number;
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
}

/** Throws `KagentError` `invalid_argument` that says what is missing. */
export function parseAdapterConfig(text: string): AdapterConfig {
  const parsed = Config.safeParse(readYaml(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'malformed'}`);
  }
  const [bind, ...others] = parsed.data.binds;
  if (bind === undefined || others.length > 0) throw invalid('exactly one bind is expected');
  const targets = bind.listeners
    .flatMap((listener) => listener.routes)
    .flatMap((route) => route.backends)
    .flatMap((backend) => backend.mcp?.targets ?? []);
  const [target, ...more] = targets;
  if (target === undefined || more.length > 0) throw invalid('exactly one MCP target is expected');
  if (target.stdio === undefined || target.stdio === null)
    throw invalid(`target ${target.name} is not a stdio target`);
  const { cmd, args, env } = target.stdio;
  return { port: bind.port, name: target.name, command: cmd, args: args ?? [], env: env ?? {} };
}

function readYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw invalid('it is not valid YAML', cause);
  }
}

function invalid(problem: string, cause?: unknown): KagentError {
  return new KagentError('invalid_argument', `MCP adapter configuration: ${problem}`, { cause });
}
