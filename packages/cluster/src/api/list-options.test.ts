import { CONFIG_MAPS } from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';
import { parseLabelSelector } from './selectors.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const LABELS = 'kubernetes.io/docs/concepts/overview/working-with-objects/labels';
const CONCEPTS = 'kubernetes.io/docs/reference/using-api/api-concepts';
const VALIDATION = 'apimachinery metainternalversion/validation';

const labels = { app: 'web', tier: 'front', 'example.com/n': '7', in: 'x' };

describe('api/list-options', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    for (const name of ['a', 'b', 'c'])
      await api.client.create(CONFIG_MAPS, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'default' },
      });
  });
  afterAll(() => api[Symbol.dispose]());

  // Sources: LABELS#label-selectors and the grammar of apimachinery pkg/labels.
  test.each<[selector: string, isSelected: boolean]>([
    ['app=web', true],
    ['app==web', true],
    ['app=db', false],
    ['app!=web', false],
    ['app!=db', true],
    ['absent!=x', true],
    ['absent=', false],
    ['app=', false],
    ['app', true],
    ['!app', false],
    ['! absent', true],
    ['app in (web)', true],
    ['app in (db,web)', true],
    ['app in ( db , web )', true],
    ['app in (,db)', false],
    ['app notin (web)', false],
    ['absent notin (web)', true],
    ['app notin (db, cache)', true],
    ['  app  =  web  ,  tier  ', true],
    ['app=web,tier=back', false],
    ['app=web,tier=front,example.com/n=7', true],
    ['example.com/n>6', true],
    ['example.com/n > 7', false],
    ['example.com/n<8', true],
    ['app<8', false],
    ['absent>1', false],
    ['in=x', true],
    ['in in (x)', true],
    ['app,in,tier', true],
  ])(`label selector %j (${LABELS})`, (selector, isSelected) => {
    expect(parseLabelSelector(selector)?.(labels)).toBe(isSelected);
  });

  test.each<[query: string, message: string]>([
    ['labelSelector=a=b=c', "found '=', expected: ',' or 'end of string'"],
    [
      'labelSelector=a b',
      "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    ],
    ['labelSelector=a in', "unable to parse requirement: found '' expected: '('"],
    ['labelSelector=a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['labelSelector=a,', "found '', expected: identifier after ','"],
    ['labelSelector=,a', "found ',', expected: !, identifier, or 'end of string'"],
    ['labelSelector==a', "found '=', expected: !, identifier, or 'end of string'"],
    ['labelSelector=!!a', "unable to parse requirement: found '!', expected: identifier"],
    [
      'labelSelector=a>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    ['labelSelector=a=(b)', "unable to parse requirement: found '(', expected: identifier"],
    [
      'labelSelector=-a=b',
      'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of',
    ],
    [
      'labelSelector=a=b_',
      'unable to parse requirement: values[0][a]: Invalid value: "b_": a valid label must be an empty string',
    ],
    [
      'fieldSelector=metadata.name',
      "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
    ],
    [
      'fieldSelector=spec.foo=1',
      '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ['fieldSelector=metadata.name=a\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['fieldSelector=metadata.name=a=b', 'invalid field selector: unescaped character in value: 61'],
    [
      'continue=rubbish',
      "invalid continue token: continue key is not valid: invalid character '®' looking for beginning of value",
    ],
    [
      'resourceVersion=abc',
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    ['limit=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
  ])('refuses ?%s with 400', async (query, message) => {
    for (const watch of ['', '&watch=true']) {
      if (watch !== '' && /^(continue|limit)/.test(query)) continue;
      const [key = '', ...value] = query.split('=');
      const encoded = `${key}=${encodeURIComponent(value.join('='))}`;
      const { status, body } = await api.call('GET', `${PATH}?${encoded}${watch}`);
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { reason: 'BadRequest', message: expect.stringContaining(message) },
      });
    }
  });

  test('names a field that a kind with selectable fields does not have', async () => {
    const { body } = await api.call('GET', `${PODS}?fieldSelector=spec.foo=1`);
    expect(body).toMatchObject({ code: 400, message: 'field label not supported: spec.foo' });
    const several = `${PODS}?fieldSelector=status.phase!=Running,spec.nodeName==n,metadata.name=x`;
    expect((await api.call('GET', several)).status).toBe(200);
  });

  const NOT_WITHOUT =
    'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided';
  const NEEDS =
    'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
  const ONLY = 'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"';
  test.each<[query: string, problems: string]>([
    ['resourceVersionMatch=Exact', NOT_WITHOUT],
    ['resourceVersionMatch=NotOlderThan', NOT_WITHOUT],
    [
      'resourceVersion=1&resourceVersionMatch=Soon',
      'resourceVersionMatch: Unsupported value: "Soon": supported values: "Exact", "NotOlderThan", ""',
    ],
    [
      'resourceVersion=0&resourceVersionMatch=Exact',
      'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      'resourceVersion=1&resourceVersionMatch=Exact&continue=x',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    ],
    [
      'sendInitialEvents=true',
      'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    ],
    ['watch=true&sendInitialEvents=true', NEEDS],
    ['watch=true&sendInitialEvents=false', NEEDS],
    ['watch=true&sendInitialEvents=true&resourceVersionMatch=Exact', `[${NEEDS}, ${ONLY}]`],
    [
      'watch=true&resourceVersionMatch=NotOlderThan',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    [
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    ],
  ])(`refuses ?%s with 422 (${VALIDATION})`, async (query, problems) => {
    const { status, body } = await api.call('GET', `${PATH}?${query}`);
    expect({ status, body }).toMatchObject({
      status: 422,
      body: { reason: 'Invalid', message: `ListOptions.meta.k8s.io "" is invalid: ${problems}` },
    });
  });

  // The table "Semantics for get and list" of CONCEPTS. `old` is the revision after the first of three writes.
  test.each<[query: string, names: string[]]>([
    ['', ['a', 'b', 'c']],
    ['resourceVersion=0', ['a', 'b', 'c']],
    ['resourceVersion=OLD', ['a', 'b', 'c']],
    ['resourceVersion=OLD&resourceVersionMatch=NotOlderThan', ['a', 'b', 'c']],
    ['resourceVersion=OLD&resourceVersionMatch=Exact', ['a']],
    ['limit=2', ['a', 'b']],
    ['limit=2&resourceVersion=0', ['a', 'b', 'c']],
    ['limit=2&resourceVersion=OLD', ['a']],
    ['limit=2&resourceVersion=OLD&resourceVersionMatch=NotOlderThan', ['a', 'b']],
    ['limit=2&resourceVersion=OLD&resourceVersionMatch=Exact', ['a']],
  ])(`lists ?%s (${CONCEPTS})`, async (query, names) => {
    const first = (await api.call('GET', `${PATH}/a`)).body as {
      metadata: { resourceVersion: string };
    };
    const old = first.metadata.resourceVersion;
    const { body } = await api.call('GET', `${PATH}?${query.replace('OLD', old)}`);
    const { items } = body as { items: { metadata: { name: string } }[] };
    expect(items.map(({ metadata }) => metadata.name)).toEqual(names);
  });

  test(`a revision from the future is a 504 that says when to come back (${CONCEPTS}#unavailable-resource-versions)`, async () => {
    for (const query of ['', '&resourceVersionMatch=Exact', '&limit=1']) {
      const { status, body } = await api.call('GET', `${PATH}?resourceVersion=99999${query}`);
      expect({ status, body }).toMatchObject({
        status: 504,
        body: {
          reason: 'Timeout',
          message: `Timeout: Too large resource version: 99999, current: ${api.storage.revision()}`,
          details: {
            retryAfterSeconds: 1,
            causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
          },
        },
      });
    }
  });

  test('a page token leads nowhere but where it was given', async () => {
    const { body } = await api.call('GET', `${PATH}?limit=1`);
    const token = (body as { metadata: { continue: string } }).metadata.continue;
    const elsewhere = ['/api/v1/namespaces/kube-system/configmaps', '/api/v1/secrets', PODS];
    for (const path of elsewhere) {
      const refused = await api.call('GET', `${path}?limit=5&continue=${token}`);
      expect(refused.body).toMatchObject({
        code: 400,
        message: expect.stringMatching(/^invalid continue token: continue key is not valid: \//),
      });
    }
    const forged = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const decoded = JSON.parse(Buffer.from(token, 'base64url').toString()) as { start: string };
    for (const value of [
      { ...decoded, start: '/' },
      { ...decoded, rv: 99_999 },
      { ...decoded, rv: 'x' },
      { ...decoded, v: 'v9' },
      {},
    ]) {
      const refused = await api.call('GET', `${PATH}?continue=${forged(value)}`);
      expect(refused.body).toMatchObject({
        code: 400,
        message: expect.stringContaining('continue key is not valid'),
      });
    }
    const both = await api.call('GET', `${PATH}?continue=${token}&resourceVersion=5`);
    expect(both.body).toMatchObject({
      code: 400,
      message: 'specifying resource version is not allowed when using continue',
    });
  });

  test('tells how many remain only when it knows, without selectors', async () => {
    const remaining = async (query: string) =>
      ((await api.call('GET', `${PATH}?limit=1${query}`)).body as { metadata: object }).metadata;
    expect(await remaining('')).toMatchObject({
      continue: expect.any(String),
      remainingItemCount: 2,
    });
    expect(await remaining('&fieldSelector=metadata.name!=c')).not.toHaveProperty(
      'remainingItemCount',
    );
    expect(await remaining('&labelSelector=!x')).not.toHaveProperty('remainingItemCount');
  });
});
