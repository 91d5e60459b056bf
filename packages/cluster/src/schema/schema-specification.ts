/**
 * What a CRD schema may say beyond its structure (apiextensions `validation.go`,
 * `ValidateCustomResourceDefinitionOpenAPISchema`): forbidden keywords, list and map types, rules and what they may cost.
 */
import { ESTIMATED_CRD_LIMIT, ESTIMATED_RULE_LIMIT } from './cel-limits.ts';
import { type CompiledRule, compileRules } from './cel-rules.ts';
import { MAX_REQUEST_BYTES, Shapes } from './cel-schema.ts';
import { forbidden, invalid, notSupported } from './field-error.ts';
import { printRule } from './internal-form.ts';
import { isObject } from './json.ts';
import type { SchemaNode } from './node.ts';
import { checkListAndMap } from './schema-lists.ts';
import { checkRuleTexts } from './schema-rule-texts.ts';
import type { FieldError, Schema } from './schema.ts';
import { at } from './schema-path.ts';

/** `root`: the schema as CEL sees it; without it rules are not compiled, because the structure has errors. */
export function checkSpecification(
  schema: Schema,
  { path, root }: { path: string; root: SchemaNode | undefined },
): FieldError[] {
  const check = new SpecificationCheck();
  const found = check.visit(schema, {
    path,
    node: root,
    isRoot: true,
    isInMetadata: false,
    count: 1,
  });
  return [...found.schema, ...found.cel, ...check.totalErrors(path)];
}

interface Place {
  path: string;
  node: SchemaNode | undefined;
  isRoot: boolean;
  /** In apiVersion, kind or metadata of a resource. */
  isInMetadata: boolean;
  /** Why defaults may not be set here. */
  noDefaults?: string;
  /** The schema below which old and new values cannot be told apart. */
  uncorrelated?: string;
  /** How often the place can occur in an object; `undefined` when nothing limits it. */
  count: number | undefined;
}

interface Found {
  schema: FieldError[];
  cel: FieldError[];
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const metaFields = new Set(['metadata', 'kind', 'apiVersion']);

class SpecificationCheck {
  readonly #shapes = new Shapes();
  readonly #costs: { path: string; cost: number }[] = [];

  visit(schema: Schema, place: Place): Found {
    const found: Found = { schema: [...checkKeywords(schema, place)], cel: [] };
    this.#children(schema, place, found);
    found.schema.push(
      ...checkListAndMap(schema, place.path),
      ...checkRuleTexts(schema, place.path),
    );
    const hasRules = (schema['x-kubernetes-validations'] ?? []).length > 0;
    if (hasRules && found.schema.length === 0 && place.node !== undefined) {
      this.#rules(place.node, place, found.cel);
    }
    return found;
  }

  /** Complaints about all rules together. */
  totalErrors(path: string): FieldError[] {
    const total = this.#costs.reduce((sum, { cost }) => sum + cost, 0);
    if (total <= ESTIMATED_CRD_LIMIT) return [];
    const contribution =
      'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const expensive = this.#costs
      .filter(({ cost }) => cost >= ESTIMATED_CRD_LIMIT / 100)
      .toSorted((a, b) => b.cost - a.cost)
      .slice(0, 4);
    const name = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...expensive.map((rule) => forbidden(rule.path, contribution)),
      forbidden(path, costText(name, total, ESTIMATED_CRD_LIMIT)),
    ];
  }

  #children(schema: Schema, place: Place, found: Found): void {
    const { path, node, isInMetadata } = place;
    const add = (child: Schema, changes: Partial<Place> & { path: string }): void => {
      const below = this.visit(child, { ...place, isRoot: false, ...changes });
      found.schema.push(...below.schema);
      found.cel.push(...below.cel);
    };
    if (isObject(schema.additionalProperties)) {
      add(schema.additionalProperties, {
        path: at(path, 'additionalProperties'),
        node: node?.additional,
        count: multiply(place.count, schema.maxProperties),
        ...(isInMetadata && {
          noDefaults: 'inside additionalProperties applying to object metadata',
        }),
      });
    }
    const isResource = place.isRoot || schema['x-kubernetes-embedded-resource'] === true;
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const isMeta = isResource && metaFields.has(name);
      add(child, {
        path: at(path, `properties[${name}]`),
        node: isMeta ? undefined : node?.properties.get(name),
        isInMetadata: isInMetadata || isMeta,
        ...(isMeta && place.isRoot && { noDefaults: `in top-level ${name}` }),
      });
    }
    const noRules = { node: undefined };
    if (schema.not !== undefined) add(schema.not, { path: at(path, 'not'), ...noRules });
    for (const key of ['allOf', 'oneOf', 'anyOf'] as const) {
      schema[key]?.forEach((child, i) =>
        add(child, { path: at(path, `${key}[${i}]`), ...noRules }),
      );
    }
    if (schema.items === undefined || Array.isArray(schema.items)) return;
    const isMap = schema['x-kubernetes-list-type'] === 'map';
    add(schema.items, {
      path: at(path, 'items'),
      node: node?.items,
      count: multiply(place.count, schema.maxItems),
      ...(!isMap && { uncorrelated: place.uncorrelated ?? path }),
    });
  }

  #rules(node: SchemaNode, place: Place, errors: FieldError[]): void {
    const shape = this.#shapes.of(node);
    const count = place.count ?? Math.floor(MAX_REQUEST_BYTES / ((shape?.minBytes ?? 0) + 1));
    for (const [i, compiled] of compileRules(node, shape).entries()) {
      this.#rule(compiled, {
        path: at(place.path, `x-kubernetes-validations[${i}]`),
        place,
        count,
        errors,
      });
    }
  }

  #rule(
    compiled: CompiledRule,
    context: { path: string; place: Place; count: number; errors: FieldError[] },
  ): void {
    const { rule } = compiled;
    const { path, place, count, errors } = context;
    const field = at(path, 'rule');
    if (compiled.program !== undefined) {
      this.#cost('estimated rule cost', compiled.program.maxCost * count, { field, errors });
    }
    if (compiled.problem !== undefined)
      errors.push(invalid(field, printRule(rule), compiled.problem));
    const messageField = at(path, 'messageExpression');
    if (compiled.messageProblem !== undefined) {
      errors.push(invalid(messageField, printRule(rule), compiled.messageProblem));
    } else if (compiled.message !== undefined) {
      const cost = compiled.message.maxCost;
      this.#cost('estimated messageExpression cost', cost, { field: messageField, errors });
    }
    if (compiled.usesOldSelf && place.uncorrelated !== undefined) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelated === '' ? '<root>' : place.uncorrelated}`;
      errors.push(invalid(field, rule.rule, detail));
    } else if (!compiled.usesOldSelf && rule.optionalOldSelf !== undefined) {
      const detail = 'may not be set if oldSelf is not used in rule';
      errors.push(invalid(at(path, 'optionalOldSelf'), rule.optionalOldSelf, detail));
    }
  }

  #cost(
    name: string,
    cost: number,
    { field, errors }: { field: string; errors: FieldError[] },
  ): void {
    this.#costs.push({ path: field, cost });
    if (cost <= ESTIMATED_RULE_LIMIT) return;
    errors.push(forbidden(field, costText(name, cost, ESTIMATED_RULE_LIMIT)));
  }
}

function multiply(count: number | undefined, max: number | undefined): number | undefined {
  return count === undefined || max === undefined ? undefined : count * Math.max(0, max);
}

function costText(name: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const shown =
    factor > 100 ? 'more than 100x' : `${factor < 1.5 ? factor.toFixed(6) : factor.toFixed(1)}x`;
  return `${name} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

function checkKeywords(schema: Schema, { path, isInMetadata, noDefaults }: Place): FieldError[] {
  const errors: FieldError[] = [];
  const { type } = schema;
  if (type !== undefined && !types.includes(type)) {
    errors.push(notSupported(at(path, 'type'), type, types));
  }
  if (schema.default !== undefined && noDefaults !== undefined) {
    errors.push(forbidden(at(path, 'default'), `must not be set ${noDefaults}`));
  }
  const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions'] as const;
  for (const key of [...unsupported, 'dependencies', '$ref'] as const) {
    const value = schema[key];
    if (value === undefined || value === '') continue;
    if (isObject(value) && Object.keys(value).length === 0 && key !== 'dependencies') continue;
    errors.push(forbidden(at(path, key), `${key} is not supported`));
  }
  if ((type as string) === 'null') {
    const detail = 'type cannot be set to null, use nullable as an alternative';
    errors.push(forbidden(at(path, 'type'), detail));
  }
  if (Array.isArray(schema.items)) {
    errors.push(forbidden(at(path, 'items'), 'items must be a schema object and not an array'));
  }
  if (isInMetadata && schema['x-kubernetes-embedded-resource'] === true) {
    const field = at(path, 'x-kubernetes-embedded-resource');
    errors.push(forbidden(field, 'must not be used inside of resource meta'));
  }
  if (schema.uniqueItems === true) {
    const detail =
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(at(path, 'uniqueItems'), detail));
  }
  const hasProperties = Object.keys(schema.properties ?? {}).length > 0;
  if (
    hasProperties &&
    schema.additionalProperties !== undefined &&
    schema.additionalProperties !== true
  ) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    errors.push(forbidden(at(path, 'additionalProperties'), detail));
  }
  return errors;
}
