import { describe, expect, it } from 'vitest';
import {
  type AuthorizationQuestion,
  authorizerValue,
  type CompiledExpression,
  compileExpression,
  resourceCheckValue,
} from './cel-expression.ts';

const variables = ['object', 'oldObject', 'request', 'params', 'namespaceObject'];

const object = {
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { replicas: 3, ratio: 0.5, template: { containers: [{ name: 'a', image: 'x:1' }] } },
};

describe('expressions over request data', () => {
  const rows: [text: string, value: unknown][] = [
    ['object.spec.replicas <= 5', true],
    ['object.spec.replicas + 1', 4],
    ['object.spec.ratio < 1', true],
    ['object.metadata.labels["app"] == object.metadata.name', true],
    ['"app" in object.metadata.labels', true],
    ['has(object.spec.missing)', false],
    ['object.spec.template.containers.all(c, c.image.contains(":"))', true],
    ['oldObject == null', true],
    ['params == null ? "none" : params.x', 'none'],
    ['object.spec.template.containers.map(c, c.name)', ['a']],
    ['{"a": object.spec.replicas}', { a: 3 }],
    ['object.?spec.?missing.orValue("d")', 'd'],
    ['type(object.spec.replicas) == int && type(object.spec.ratio) == double', true],
    ['object.spec.template', { containers: [{ name: 'a', image: 'x:1' }] }],
  ];
  it.each(rows)('%s', (text, value) => {
    expect(compileExpression(text, { variables }).evaluate({ object }).value).toEqual(value);
  });

  it.each([
    ['object.spec.missing', 'no such key: missing'],
    ['params.x', 'no such key: x'],
    ['object.spec.replicas + "a"', 'no such overload'],
  ])('%s fails: %s', (text, message) => {
    const expression = compileExpression(text, { variables });
    expect(() => expression.evaluate({ object })).toThrow(message);
  });

  it('stops at the cost limit', () => {
    const items = Array.from({ length: 1000 }, (_, i) => i);
    const expression = compileExpression('object.all(a, object.all(b, a != b || a == b))', {
      variables,
    });
    expect(() => expression.evaluate({ object: items })).toThrow(
      'operation cancelled: actual cost limit exceeded',
    );
    const once = compileExpression('object.all(a, a >= 0)', { variables });
    const { cost } = once.evaluate({ object: items });
    expect(cost).toBeGreaterThan(1000);
    expect(() => once.evaluate({ object: items }, { costLimit: cost - 1 })).toThrow('cost limit');
    expect(once.evaluate({ object: items }, { costLimit: cost }).value).toBe(true);
  });
});

describe('variables of a policy', () => {
  function compose(texts: Record<string, string>): Map<string, CompiledExpression> {
    const composition = new Map<string, CompiledExpression>();
    for (const [name, text] of Object.entries(texts)) {
      composition.set(
        name,
        compileExpression(text, { variables, composition: new Map(composition) }),
      );
    }
    return composition;
  }

  it('are typed, lazy and evaluated once', () => {
    const composition = compose({
      count: 'object.spec.replicas',
      twice: 'variables.count * 2',
      broken: '1 / 0',
    });
    const options = { variables, composition };
    const first = compileExpression('variables.twice == 6', options);
    expect(first.resultType).toBe('bool');
    const activation = { object };
    const { cost } = first.evaluate(activation);
    expect(first.evaluate(activation)).toEqual({ value: true, cost: expect.any(Number) as number });
    expect(first.evaluate(activation).cost).toBeLessThan(cost);
    expect(() => compileExpression('variables.broken', options).evaluate(activation)).toThrow(
      'division by zero',
    );
    expect(() => compileExpression('variables.unknown', options)).toThrow(
      "undefined field 'unknown'",
    );
    expect(() => compileExpression('variables.broken == "a"', options)).toThrow(
      "found no matching overload for '_==_' applied to '(int, string)'",
    );
  });
});

describe('the authorizer', () => {
  const asked: AuthorizationQuestion[] = [];
  const decide = (question: AuthorizationQuestion) => {
    asked.push(question);
    return { allowed: question.verb === 'get', reason: 'by rule' };
  };
  const activation = {
    authorizer: authorizerValue(decide),
    'authorizer.requestResource': resourceCheckValue(decide, {
      group: 'apps',
      resource: 'deployments',
      name: 'web',
    }),
  };
  const names = ['authorizer', 'authorizer.requestResource'];

  const rows: [text: string, question: AuthorizationQuestion][] = [
    ['authorizer.path("/healthz").check("get").allowed()', { verb: 'get', path: '/healthz' }],
    [
      'authorizer.group("").resource("pods").subresource("log").namespace("n").name("p").check("get").allowed()',
      { verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace: 'n', name: 'p' },
    ],
    [
      '!authorizer.serviceAccount("n", "sa").group("a").resource("b").check("delete").allowed()',
      { verb: 'delete', serviceAccount: { namespace: 'n', name: 'sa' }, group: 'a', resource: 'b' },
    ],
    [
      'authorizer.requestResource.check("get").reason() == "by rule"',
      { verb: 'get', group: 'apps', resource: 'deployments', name: 'web' },
    ],
    [
      '!authorizer.requestResource.subresource("scale").check("get").errored()',
      { verb: 'get', group: 'apps', resource: 'deployments', name: 'web', subresource: 'scale' },
    ],
  ];
  it.each(rows)('%s', (text, question) => {
    asked.length = 0;
    expect(compileExpression(text, { variables: names }).evaluate(activation).value).toBe(true);
    expect(asked).toEqual([question]);
  });

  it('can be asked twice in one expression', () => {
    const ask = 'authorizer.path("/a").check("get").allowed()';
    const twice = compileExpression(`${ask} && ${ask}`, { variables: names });
    expect(twice.evaluate(activation).value).toBe(true);
    const thrice = compileExpression(`${ask} && ${ask} && ${ask}`, { variables: names });
    expect(() => thrice.evaluate(activation)).toThrow('cost limit');
  });
});
