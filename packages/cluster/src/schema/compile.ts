/**
 * Turns a schema into the operations the API server runs on every object. Compiling is cheap: parts are prepared when the
 * first object needs them, then kept.
 */
import { createRuleValidator, type RuleOptions } from './cel.ts';
import { defaultObject } from './defaults.ts';
import { invalid } from './field-error.ts';
import type { JsonObject } from './json.ts';
import { listDuplicates } from './list-duplicates.ts';
import { createNodeSource, type SchemaNode } from './node.ts';
import { pruneObject } from './prune.ts';
import type { FieldError, ObjectSchema, Schema, SchemaSource } from './schema.ts';
import { validateObject } from './validate.ts';

export interface CompileOptions extends RuleOptions {
  /** Complaints of the caller's own, between those of the schema and those of its rules. */
  more?: ((object: JsonObject) => FieldError[]) | undefined;
}

/**
 * Operations of one CRD version. The schema should have passed `validateSchema`; a rule that does not compile is reported on
 * every object instead of thrown.
 */
export function compileSchema(schema: Schema, options: CompileOptions = {}): ObjectSchema {
  const { more } = options;
  const hasIdentities = /"x-kubernetes-list-type":"(?:set|map)"/.test(JSON.stringify(schema));
  const source = createNodeSource(
    {
      root: schema,
      resolve(reference) {
        throw new Error(`a CRD schema cannot refer to ${reference}`);
      },
    },
    { freeFormObjects: false },
  );
  const root = source.rootNode;
  const rules = createRuleValidator(root, options);
  return {
    source,
    prune: (object) => pruneObject(object, root, { dropNulls: false }),
    applyDefaults: (object) => defaultObject(object, root),
    validate(object, old) {
      const errors = validateObject(object, root, { old });
      if (more !== undefined) errors.push(...more(object));
      if (hasIdentities) errors.push(...newDuplicates(object, root, old));
      if (!errors.some(isBlocking)) return [...errors, ...rules.validate(object, old)];
      return rules.hasRules ? [...errors, uncheckedRules] : errors;
    },
  };
}

/** Once a stored object repeats items anywhere, no list of it is checked for that any more. */
function newDuplicates(object: JsonObject, root: SchemaNode, old?: JsonObject): FieldError[] {
  const errors = listDuplicates(object, root);
  if (errors.length === 0 || old === undefined) return errors;
  return listDuplicates(old, root).length > 0 ? [] : errors;
}

/** CEL needs values of the right shape: after one of these the rules are not run. */
function isBlocking({ type }: FieldError): boolean {
  switch (type) {
    case 'NotSupported':
    case 'Required':
    case 'TooLong':
    case 'TooMany':
    case 'TypeInvalid':
      return true;
    case 'Invalid':
    case 'Duplicate':
    case 'Forbidden':
    case 'NotFound':
      return false;
  }
}

const uncheckedRules: FieldError = invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/**
 * Operations of a built-in kind. Unlike with CRDs a null field means absent, an object without declared properties is
 * free-form, and repeated list items are left to the kind's strategy.
 */
export function compileSource(source: SchemaSource): ObjectSchema {
  const nodes = createNodeSource(source, { freeFormObjects: true });
  const root = nodes.rootNode;
  return {
    source: nodes,
    prune: (object) => pruneObject(object, root, { dropNulls: true }),
    applyDefaults: (object) => defaultObject(object, root, { keepsNulls: true }),
    validate: (object, old) => validateObject(object, root, { nullIsAbsent: true, old }),
  };
}
