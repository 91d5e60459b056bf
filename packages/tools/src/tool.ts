/** What a tool is, independent of MCP: a schema, honest annotations, and a function from arguments to text. */
import { z } from 'zod';

/** MCP's behaviour hints (schema `ToolAnnotations`). */
export interface ToolAnnotations {
  readOnlyHint: boolean;
  /** May remove or overwrite something. */
  destructiveHint: boolean;
  /** Calling it again with the same arguments changes nothing more. */
  idempotentHint: boolean;
  /** Talks to the world outside of the cluster. */
  openWorldHint: boolean;
}

export const READ_ONLY: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
/** Adds something; a second call adds again or is refused. */
export const ADDS: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: false,
};
/** Brings something into a wanted state. */
export const SETS: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: true,
  openWorldHint: false,
};
/** Changes something anew with every call. */
export const CHANGES: ToolAnnotations = { ...SETS, idempotentHint: false };

export interface ToolCallContext {
  signal: AbortSignal;
}

/** The text a model reads. `isError` marks a result that says what went wrong. */
export interface ToolOutput {
  text: string;
  isError?: boolean;
}

export interface ToolDefinition {
  name: string;
  description: string;
  annotations: ToolAnnotations;
  /** JSON Schema of the arguments. */
  inputSchema: Record<string, unknown>;
  /** Checks the arguments, then acts. Rejects with `ToolFailure` for whatever the caller can put right. */
  run(args: unknown, context: ToolCallContext): Promise<ToolOutput>;
}

/** A failure whose message is for the model: what was wrong and what to do next. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
}

export interface ToolSource<S extends z.ZodRawShape> {
  name: string;
  description: string;
  annotations: ToolAnnotations;
  input: S;
  run(args: z.infer<z.ZodObject<S>>, context: ToolCallContext): Promise<string | ToolOutput>;
}

/**
 * Arguments come from language models, so they are taken leniently: null and empty mean absent, numbers and booleans
 * may be strings, unknown names are ignored.
 */
export function defineTool<S extends z.ZodRawShape>(source: ToolSource<S>): ToolDefinition {
  const schema = z.object(source.input);
  const {
    $schema: _,
    additionalProperties: __,
    ...inputSchema
  } = z.toJSONSchema(schema, { io: 'input' });
  return {
    name: source.name,
    description: source.description,
    annotations: source.annotations,
    inputSchema,
    async run(args, context) {
      const parsed = schema.safeParse(normalise(args, source.input));
      if (!parsed.success) throw new ToolFailure(explainIssues(source.name, parsed.error));
      const output = await source.run(parsed.data, context);
      return typeof output === 'string' ? { text: output } : output;
    },
  };
}

function explainIssues(name: string, error: z.ZodError): string {
  const issues = error.issues.map(
    (issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`,
  );
  return `${name}: wrong arguments: ${issues.join('; ')}`;
}

function normalise(args: unknown, shape: z.ZodRawShape): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  if (typeof args !== 'object' || args === null) return result;
  for (const [name, value] of Object.entries(args)) {
    const schema = shape[name];
    if (schema === undefined || value === null || value === '') continue;
    result[name] = coerce(value, baseType(schema));
  }
  return result;
}

/** The type under `.optional()` and `.default()`. */
function baseType(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return baseType(schema.unwrap());
  return schema._zod.def.type;
}

function coerce(value: unknown, type: string): unknown {
  if (type === 'number' && typeof value === 'string') {
    const number = Number(value);
    return value.trim() === '' || Number.isNaN(number) ? value : number;
  }
  if (type === 'boolean' && typeof value === 'string') {
    const word = value.trim().toLowerCase();
    return word === 'true' ? true : word === 'false' ? false : value;
  }
  if (type === 'string' && typeof value === 'object') return JSON.stringify(value);
  if (type === 'string' || type === 'enum')
    return typeof value === 'string' ? value.trim() : String(value);
  return value;
}
