/**
 * `x-kubernetes-validations`: which rules apply where, what they see, and what a failing one says
 * (apiextensions `schema/cel/validation.go`).
 */
import { PER_CALL_LIMIT, REQUEST_COST_BUDGET } from './cel-limits.ts';
import { type CompiledRule, compileRules } from './cel-rules.ts';
import { type Shape, Shapes } from './cel-schema.ts';
import type { Outcome } from './cel/environment.ts';
import type { Activation } from './cel/frame.ts';
import { CostExceededError, Optional } from './cel/values.ts';
import { duplicate, forbidden, invalid, OMITTED, required } from './field-error.ts';
import { isObject, jsonEqual, own } from './json.ts';
import { correlateItems } from './list-keys.ts';
import type { SchemaNode } from './node.ts';
import type { FieldError, ValidationRule } from './schema.ts';

export interface RuleValidator {
  /** Whether the schema has any rule. */
  readonly hasRules: boolean;
  /** Errors of all rules. `old` enables transition rules and tolerates failures in what did not change. */
  validate(object: unknown, old?: unknown): FieldError[];
}

export interface RuleOptions {
  /** What all rules of one object may cost together, in units of cel-go. */
  costBudget?: number;
}

/** Compiles the rules below `root` once, when the first object comes. */
export function createRuleValidator(root: SchemaNode, options: RuleOptions = {}): RuleValidator {
  let tree: RuleTree | undefined | null = null;
  const load = (): RuleTree | undefined => {
    if (tree === null) {
      tree = mentionsRules(root, new Set()) ? buildTree(root, new Shapes()) : undefined;
    }
    return tree;
  };
  return {
    get hasRules() {
      return load() !== undefined;
    },
    validate(object, old) {
      const rules = load();
      if (rules === undefined) return [];
      return new Evaluation(options.costBudget ?? REQUEST_COST_BUDGET).run(rules, object, old);
    },
  };
}

/** Rules of a place and of those below it; places without rules have no tree. */
interface RuleTree {
  node: SchemaNode;
  shape: Shape | undefined;
  rules: CompiledRule[];
  properties: Map<string, RuleTree>;
  additional?: RuleTree;
  items?: RuleTree;
}

function mentionsRules(node: SchemaNode, seen: Set<SchemaNode>): boolean {
  if (seen.has(node)) return false;
  seen.add(node);
  if (node.schema['x-kubernetes-validations'] !== undefined) return true;
  for (const child of childrenOf(node)) if (mentionsRules(child, seen)) return true;
  return false;
}

function* childrenOf(node: SchemaNode): Iterable<SchemaNode> {
  yield* node.properties.values();
  if (node.additional !== undefined) yield node.additional;
  if (node.items !== undefined) yield node.items;
}

function buildTree(node: SchemaNode, shapes: Shapes): RuleTree | undefined {
  const declared = node.schema['x-kubernetes-validations'] ?? [];
  const shape = declared.length === 0 ? undefined : shapes.of(node);
  const rules = compileRules(node, shape);
  const tree: RuleTree = { node, shape, rules, properties: new Map() };
  for (const [name, child] of node.properties) {
    const below = buildTree(child, shapes);
    if (below !== undefined) tree.properties.set(name, below);
  }
  if (node.additional !== undefined) tree.additional = buildTree(node.additional, shapes);
  if (node.items !== undefined) tree.items = buildTree(node.items, shapes);
  const isEmpty =
    rules.length === 0 && tree.properties.size === 0 && !tree.additional && !tree.items;
  return isEmpty ? undefined : tree;
}

/** A place in the object: its value, the value it had, and how errors name it. */
interface Place {
  path: string;
  value: unknown;
  /** `undefined`: new, or not comparable. */
  old: unknown;
  /** Part of a value that did not change, though its own counterpart is unknown. */
  isUnchanged: boolean;
}

/** Ends the validation of an object; the reason has been reported. */
class OutOfBudget extends Error {}

class Evaluation {
  readonly #errors: FieldError[] = [];
  #budget: number;

  constructor(budget: number) {
    this.#budget = budget;
  }

  run(tree: RuleTree, object: unknown, old: unknown): FieldError[] {
    try {
      this.#visit(tree, { path: '', value: object, old, isUnchanged: false });
    } catch (error) {
      if (!(error instanceof OutOfBudget)) throw error;
    }
    return this.#errors;
  }

  #visit(tree: RuleTree, place: Place): void {
    if (place.value === null || place.value === undefined) return;
    this.#evaluateAll(tree, place);
    if (Array.isArray(place.value)) {
      if (tree.items !== undefined) this.#visitItems(tree.items, tree.node, place);
    } else if (isObject(place.value)) {
      this.#visitFields(tree, place);
    }
  }

  #visitItems(items: RuleTree, list: SchemaNode, place: Place): void {
    if (!Array.isArray(place.value)) return;
    const correlate = correlateItems(list, place.old);
    const isUnchanged = correlate === undefined && isSame(place);
    const isSet = list.listType === 'set';
    for (const [index, value] of place.value.entries()) {
      const path = `${place.path}[${index}]`;
      const old = correlate?.(value);
      if (isSet) {
        const isKept = old !== undefined || isUnchanged;
        this.#visit(items, { path, value, old: undefined, isUnchanged: isKept });
      } else this.#visit(items, { path, value, old, isUnchanged });
    }
  }

  #visitFields(tree: RuleTree, place: Place): void {
    if (!isObject(place.value)) return;
    const old = isObject(place.old) ? place.old : undefined;
    for (const key of Object.keys(place.value)) {
      const declared = tree.properties.get(key);
      const below = declared ?? (tree.node.properties.has(key) ? undefined : tree.additional);
      if (below === undefined) continue;
      const step = declared === undefined ? `[${key}]` : place.path === '' ? key : `.${key}`;
      const oldValue = old === undefined ? undefined : own(old, key);
      const { isUnchanged } = place;
      const path = place.path + step;
      this.#visit(below, { path, value: place.value[key], old: oldValue, isUnchanged });
    }
  }

  #evaluateAll({ rules, node, shape }: RuleTree, place: Place): void {
    if (rules.length === 0) return;
    const shown = node.isIntOrString ? '' : (node.schema.type ?? '');
    if (this.#budget <= 0) this.#outOfBudget(place, shown);
    const hasOld = place.old !== undefined && place.old !== null;
    const variables = shape && activations(shape, place.value, hasOld ? place.old : undefined);
    for (const compiled of rules) this.#evaluate(compiled, { place, shown, hasOld, variables });
  }

  #evaluate(compiled: CompiledRule, context: Context): void {
    const { rule, program, problem } = compiled;
    const { place, shown, hasOld, variables } = context;
    const field = pathText(place.path);
    if (problem !== undefined) {
      this.#errors.push(invalid(field, shown, `rule compile error: ${problem}`));
      return;
    }
    if (program === undefined || variables === undefined) return;
    if (compiled.usesOldSelf && !hasOld && rule.optionalOldSelf !== true) return;
    const activation = rule.optionalOldSelf === true ? variables.optional : variables.plain;
    const outcome = program.run(activation, PER_CALL_LIMIT);
    this.#spend(outcome, place, shown);
    if ('error' in outcome) {
      this.#errors.push(invalid(field, shown, evaluationProblem(outcome.error, rule)));
      if (outcome.error instanceof CostExceededError) throw new OutOfBudget();
      return;
    }
    if (outcome.value === true) return;
    const isTolerated = !compiled.usesOldSelf && isSame(place);
    const path = pathText(place.path + fieldPath(rule, place.path));
    const message = this.#message(compiled, activation, { ...context, path, isTolerated });
    if (isTolerated) return;
    const isWhole = shown === 'object' || shown === 'array';
    const value = isWhole ? OMITTED : place.value;
    this.#errors.push(ruleError(path, { value, detail: message, rule }));
  }

  #spend({ cost }: Outcome, place: Place, shown: string): void {
    if (cost > this.#budget) this.#outOfBudget(place, shown);
    this.#budget -= cost;
  }

  #outOfBudget(place: Place, shown: string): never {
    const detail =
      'validation failed due to running out of cost budget, no further validation rules will be run';
    this.#errors.push(invalid(pathText(place.path), shown, detail));
    throw new OutOfBudget();
  }

  /** messageExpression if it gives one usable line, else message, else the rule. */
  #message(
    { rule, message }: CompiledRule,
    activation: Activation,
    { path, shown, isTolerated }: { path: string; shown: string; isTolerated: boolean },
  ): string {
    if (message === undefined) return messageOf(rule);
    const outcome = message.run(activation, PER_CALL_LIMIT);
    const isOver = outcome.cost > this.#budget;
    if (isOver || ('error' in outcome && outcome.error instanceof CostExceededError)) {
      const detail = isOver
        ? 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run'
        : `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`;
      if (!isTolerated) this.#errors.push(invalid(path, shown, detail));
      throw new OutOfBudget();
    }
    this.#budget -= outcome.cost;
    if ('error' in outcome || typeof outcome.value !== 'string') return messageOf(rule);
    const line = outcome.value.trim();
    const isUsable = line !== '' && !line.includes('\n') && Buffer.byteLength(line) <= MAX_MESSAGE;
    return isUsable ? line : messageOf(rule);
  }
}

/** Bytes of a message made by an expression (`MaxEvaluatedMessageExpressionSizeBytes`). */
const MAX_MESSAGE = 5 * 1024;

interface Context {
  place: Place;
  shown: string;
  hasOld: boolean;
  variables: { plain: Activation; optional: Activation } | undefined;
}

/** Values are made when a rule asks for them, once for all rules of a place. */
function activations(shape: Shape, value: unknown, old: unknown): Context['variables'] {
  let self: ReturnType<Shape['adapt']> | undefined;
  let oldSelf: ReturnType<Shape['adapt']> | undefined;
  const selfOnce = (): ReturnType<Shape['adapt']> => (self ??= shape.adapt(value));
  const oldOnce = (): ReturnType<Shape['adapt']> | undefined =>
    old === undefined ? undefined : (oldSelf ??= shape.adapt(old));
  return {
    plain: (name) => (name === 'self' ? selfOnce() : oldOnce()),
    optional: (name) => (name === 'self' ? selfOnce() : new Optional(oldOnce())),
  };
}

function isSame({ isUnchanged, value, old }: Place): boolean {
  return isUnchanged || (old !== undefined && jsonEqual(value, old));
}

/** The root has no path; a real server prints it so. */
function pathText(path: string): string {
  return path === '' ? '<nil>' : path;
}

function nameOf(rule: ValidationRule): string {
  return (rule.message ?? '') === '' ? rule.rule.trim() : (rule.message ?? '').trim();
}

function messageOf(rule: ValidationRule): string {
  return (rule.message ?? '') === '' ? `failed rule: ${nameOf(rule)}` : nameOf(rule);
}

function evaluationProblem({ message }: Error, rule: ValidationRule): string {
  if (message.startsWith('no such overload')) {
    return `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${nameOf(rule)}`;
  }
  if (message.startsWith('operation cancelled')) {
    return `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${nameOf(rule)}`;
  }
  return `${message} evaluating rule: ${nameOf(rule)}`;
}

/** `.spec['a.b']` → `.spec[a.b]` relative to the place of the rule. */
function fieldPath(rule: ValidationRule, base: string): string {
  const path = (rule.fieldPath ?? '').replace(/\['((?:[^'\\]|\\.)*)'\]/g, (_, key: string) => {
    return `[${key.replace(/\\(.)/g, '$1')}]`;
  });
  return base === '' ? path.replace(/^\./, '') : path;
}

function ruleError(
  path: string,
  { value, detail, rule }: { value: unknown; detail: string; rule: ValidationRule },
): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(path, detail);
    case 'FieldValueRequired':
      return required(path, detail);
    case 'FieldValueDuplicate':
      return duplicate(path, value);
    default:
      return invalid(path, value, detail);
  }
}
