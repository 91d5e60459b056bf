/**
 * `x-kubernetes-validations`: which rules apply where, what they see, and what a failing one says
 * (apiextensions `schema/cel/validation.go`).
 */
import {
  CelCompileError,
  createCelCompiler,
  type CelCompiler,
  type CelProgram,
} from './cel-environment.ts';
import { createCostMeter, DEFAULT_COST_BUDGET, type CostMeter } from './cel-meter.ts';
import { createCelValues, type CelValues } from './cel-values.ts';
import { duplicate, forbidden, invalid, required } from './field-error.ts';
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
  /** Work one object may cost; see cel-meter. */
  costBudget?: number;
}

/** Compiles the rules below `root` once, when the first object comes. */
export function createRuleValidator(root: SchemaNode, options: RuleOptions = {}): RuleValidator {
  let tree: RuleTree | undefined | null = null;
  let engine: Engine | undefined;
  const load = (): RuleTree | undefined => {
    if (tree !== null) return tree;
    if (!mentionsRules(root, new Set())) {
      tree = undefined;
      return tree;
    }
    const meter = createCostMeter(options.costBudget ?? DEFAULT_COST_BUDGET);
    engine = { meter, compiler: createCelCompiler(meter), values: createCelValues() };
    tree = buildTree(root, engine.compiler);
    return tree;
  };
  return {
    get hasRules() {
      return load() !== undefined;
    },
    validate(object, old) {
      const rules = load();
      if (rules === undefined || engine === undefined) return [];
      return new Evaluation(engine).run(rules, object, old);
    },
  };
}

interface Engine {
  meter: CostMeter;
  compiler: CelCompiler;
  values: CelValues;
}

interface CompiledRule {
  rule: ValidationRule;
  program?: CelProgram;
  message?: CelProgram;
  /** Why the rule cannot run; reported for every object. */
  problem?: string;
}

/** Rules of a place and of those below it; places without rules have no tree. */
interface RuleTree {
  node: SchemaNode;
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

function buildTree(node: SchemaNode, compiler: CelCompiler): RuleTree | undefined {
  const rules = (node.schema['x-kubernetes-validations'] ?? []).map((rule) =>
    compileRule(rule, compiler),
  );
  const tree: RuleTree = { node, rules, properties: new Map() };
  for (const [name, child] of node.properties) {
    const below = buildTree(child, compiler);
    if (below !== undefined) tree.properties.set(name, below);
  }
  if (node.additional !== undefined) tree.additional = buildTree(node.additional, compiler);
  if (node.items !== undefined) tree.items = buildTree(node.items, compiler);
  const isEmpty =
    rules.length === 0 && tree.properties.size === 0 && !tree.additional && !tree.items;
  return isEmpty ? undefined : tree;
}

/** Never throws: a rule that cannot be compiled is kept as its problem. */
export function compileRule(rule: ValidationRule, compiler: CelCompiler): CompiledRule {
  const compiled: CompiledRule = { rule };
  if (rule.rule.trim() === '') return compiled;
  try {
    const program = compiler.compile(rule.rule, rule.optionalOldSelf);
    if (program.resultType !== 'bool' && program.resultType !== 'dyn') {
      return { rule, problem: 'cel expression must evaluate to a bool' };
    }
    compiled.program = program;
  } catch (error) {
    return { rule, problem: `compilation failed: ${compileMessage(error)}` };
  }
  if (rule.messageExpression !== undefined && rule.messageExpression !== '') {
    try {
      compiled.message = compiler.compile(rule.messageExpression, rule.optionalOldSelf);
    } catch {
      compiled.message = undefined;
    }
  }
  return compiled;
}

function compileMessage(error: unknown): string {
  if (error instanceof CelCompileError) return error.message;
  return error instanceof Error ? error.message : String(error);
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

class OutOfBudget extends Error {}

class Evaluation {
  readonly #engine: Engine;
  readonly #errors: FieldError[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  run(tree: RuleTree, object: unknown, old: unknown): FieldError[] {
    this.#engine.meter.reset();
    this.#engine.values.reset();
    try {
      this.#visit(tree, { path: '', value: object, old, isUnchanged: false });
    } catch (error) {
      if (!(error instanceof OutOfBudget)) throw error;
    } finally {
      this.#engine.values.reset();
    }
    return this.#errors;
  }

  #visit(tree: RuleTree, place: Place): void {
    if (place.value === null || place.value === undefined) return;
    for (const rule of tree.rules) this.#evaluate(rule, tree.node, place);
    if (Array.isArray(place.value)) {
      if (tree.items !== undefined) this.#visitItems(tree.items, tree.node, place);
    } else if (isObject(place.value)) {
      this.#visitFields(tree, place);
    }
  }

  #visitItems(items: RuleTree, list: SchemaNode, place: Place): void {
    if (!Array.isArray(place.value)) return;
    const correlate = correlateItems(list, place.old);
    const isUnchanged = correlate === undefined && this.#isUnchanged(place);
    for (const [index, value] of place.value.entries()) {
      const path = `${place.path}[${index}]`;
      this.#visit(items, { path, value, old: correlate?.(value), isUnchanged });
    }
  }

  #visitFields(tree: RuleTree, place: Place): void {
    if (!isObject(place.value)) return;
    const isAtomic = tree.node.isAtomicMap;
    const old = isObject(place.old) && !isAtomic ? place.old : undefined;
    const isUnchanged = isAtomic ? this.#isUnchanged(place) : place.isUnchanged;
    for (const [key, value] of Object.entries(place.value)) {
      const declared = tree.properties.get(key);
      const below = declared ?? (tree.node.properties.has(key) ? undefined : tree.additional);
      if (below === undefined) continue;
      const step = declared === undefined ? `[${key}]` : place.path === '' ? key : `.${key}`;
      const oldValue = old === undefined ? undefined : own(old, key);
      this.#visit(below, { path: place.path + step, value, old: oldValue, isUnchanged });
    }
  }

  #evaluate(compiled: CompiledRule, node: SchemaNode, place: Place): void {
    const { rule, program, problem } = compiled;
    const shown = node.isIntOrString ? '' : (node.schema.type ?? '');
    if (problem !== undefined) {
      this.#errors.push(invalid(place.path, shown, `rule compile error: ${problem}`));
      return;
    }
    if (program === undefined) return;
    const hasOld = place.old !== undefined && place.old !== null;
    if (program.usesOldSelf && !hasOld && rule.optionalOldSelf !== true) return;
    const variables = this.#variables(compiled, node, place);
    let result: unknown;
    try {
      result = program.run(variables);
    } catch (error) {
      this.#checkBudget(place, shown);
      const reason = error instanceof Error ? error.message : String(error);
      this.#errors.push(invalid(place.path, shown, evaluationProblem(reason, rule)));
      return;
    }
    this.#checkBudget(place, shown);
    if (result === true) return;
    if (!program.usesOldSelf && this.#isUnchanged(place)) return;
    const detail = this.#message(compiled, variables);
    this.#errors.push(ruleError(place.path + fieldPath(rule, place.path), { shown, detail, rule }));
  }

  #variables(
    { rule, program, message }: CompiledRule,
    node: SchemaNode,
    place: Place,
  ): { self: unknown; oldSelf?: unknown } {
    const { values, compiler } = this.#engine;
    const self = values.convert(place.value, node);
    if (program?.usesOldSelf !== true && message?.usesOldSelf !== true) return { self };
    const hasOld = place.old !== undefined && place.old !== null;
    const old = hasOld ? values.convert(place.old, node) : undefined;
    if (rule.optionalOldSelf === true) return { self, oldSelf: compiler.optional(old) };
    return old === undefined ? { self } : { self, oldSelf: old };
  }

  /** messageExpression if it gives one usable line, else message, else the rule. */
  #message(
    { rule, message }: CompiledRule,
    variables: { self: unknown; oldSelf?: unknown },
  ): string {
    if (message !== undefined) {
      try {
        const text = message.run(variables);
        if (typeof text === 'string') {
          const line = text.trim();
          if (line !== '' && line.length <= 5120 && !line.includes('\n')) return line;
        }
      } catch {
        return messageOf(rule);
      }
    }
    return messageOf(rule);
  }

  #isUnchanged(place: Place): boolean {
    if (place.isUnchanged) return true;
    return place.old !== undefined && jsonEqual(place.value, place.old);
  }

  #checkBudget(place: Place, shown: string): void {
    if (!this.#engine.meter.isExceeded) return;
    const detail =
      'validation failed due to running out of cost budget, no further validation rules will be run';
    this.#errors.push(invalid(place.path, shown, detail));
    throw new OutOfBudget();
  }
}

function nameOf(rule: ValidationRule): string {
  return (rule.message ?? '') === '' ? rule.rule.trim() : (rule.message ?? '').trim();
}

function messageOf(rule: ValidationRule): string {
  return (rule.message ?? '') === '' ? `failed rule: ${nameOf(rule)}` : nameOf(rule);
}

function evaluationProblem(reason: string, rule: ValidationRule): string {
  if (reason.startsWith('no such overload')) {
    return `'${reason}': call arguments did not match a supported operator, function or macro signature for rule: ${nameOf(rule)}`;
  }
  return `${reason} evaluating rule: ${nameOf(rule)}`;
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
  { shown, detail, rule }: { shown: string; detail: string; rule: ValidationRule },
): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(path, detail);
    case 'FieldValueRequired':
      return required(path, detail);
    case 'FieldValueDuplicate':
      return duplicate(path, shown);
    default:
      return invalid(path, shown, detail);
  }
}
