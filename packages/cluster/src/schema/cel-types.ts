/** Checks a rule against the fields of its schema: a field that does not exist can never be true. */
import type { Environment } from '@marcbachmann/cel-js';
import { checkExpression, type CelCompileError, type CelCompiler } from './cel-environment.ts';
import { escapeName } from './cel-escape.ts';
import type { SchemaNode } from './node.ts';

/**
 * The complaint about a field that `node` does not declare, if `expression` uses one. Other type errors are left to
 * evaluation: a rule that is refused wrongly is worse than one that fails later.
 */
export function undeclaredField(
  compiler: CelCompiler,
  expression: string,
  node: SchemaNode,
): CelCompileError | undefined {
  const environment = compiler.typedEnvironment();
  const self = new TypeWriter(environment).typeOf(node);
  environment.registerVariable('self', self).registerVariable('oldSelf', 'dyn');
  const problem = checkExpression(environment, expression);
  return problem?.code === 'no_such_key' ? problem.error : undefined;
}

class TypeWriter {
  readonly #environment: Environment;
  #count = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Name of the CEL type of a node; objects with properties are registered on the way. */
  typeOf(node: SchemaNode): string {
    const { type, format } = node.schema;
    if (node.isIntOrString) return 'dyn';
    switch (type) {
      case 'boolean':
        return 'bool';
      case 'integer':
        return 'int';
      case 'number':
        return 'double';
      case 'string':
        return textType(format);
      case 'array':
        return node.items === undefined ? 'list' : `list<${this.typeOf(node.items)}>`;
      default:
        return this.#objectType(node);
    }
  }

  #objectType(node: SchemaNode): string {
    if (node.additional !== undefined) return `map<string, ${this.typeOf(node.additional)}>`;
    if (node.properties.size === 0 || node.schema.type === undefined) return 'dyn';
    const fields: Record<string, string> = {};
    for (const [property, child] of node.properties) {
      const name = escapeName(property);
      if (name === undefined) continue;
      const isMetadata = property === 'metadata' && node.isResource;
      fields[name] = isMetadata ? this.#register(metadataFields) : this.typeOf(child);
    }
    return this.#register(fields);
  }

  #register(fields: Record<string, string>): string {
    this.#count += 1;
    const name = `Object${this.#count}`;
    this.#environment.registerType(name, { fields });
    return name;
  }
}

const metadataFields = { name: 'string', generateName: 'string' };

function textType(format: string | undefined): string {
  if (format === 'date-time' || format === 'datetime' || format === 'date') {
    return 'google.protobuf.Timestamp';
  }
  if (format === 'duration') return 'google.protobuf.Duration';
  return format === 'byte' ? 'bytes' : 'string';
}
