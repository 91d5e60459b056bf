/**
 * Manifests, patches and bodies nobody would send, one after the other, against the API server. Whatever comes in, the answer
 * is a success or a refusal of the client's side, soon, and memory does not grow.
 */
import { readFileSync } from 'node:fs';

import { createTestApi, type TestApi } from '@kagent/cluster/testing';
import { CORPUS } from './corpus.ts';
import type { Random } from './random.ts';

export interface FuzzOptions {
  requests: number;
  random: Random;
  progress?(requests: number): void;
}

export interface FuzzReport {
  requests: number;
  /** Answers by status code. */
  codes: Record<string, number>;
  slowestMs: number;
  /** Heap at the end over heap after the first tenth, both after garbage collection; 1 without `--expose-gc`. */
  heapGrowth: number;
  /** Requests that were answered with 5xx or too late; must be empty. */
  problems: string[];
}

/** A request that takes longer blocks everybody else for too long. */
const TOO_LONG_MS = 2000;
const CLEAN_EVERY = 500;

const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const QUERIES = [
  '',
  '?dryRun=All',
  '?fieldValidation=Strict',
  '?fieldValidation=Warn',
  '?fieldManager=fuzz',
  '?limit=1&continue=x',
  '?labelSelector=a%20in%20(',
  '?fieldSelector=a%3Db',
  '?resourceVersion=999999999999999999999',
  '?resourceVersionMatch=Exact',
  '?pretty=true',
];

export async function fuzz({ requests, random, progress }: FuzzOptions): Promise<FuzzReport> {
  using api = await createTestApi();
  for (const crd of CORPUS.crds) await api.call('POST', CRD_PATH, { body: crd });
  const report: FuzzReport = { requests, codes: {}, slowestMs: 0, heapGrowth: 1, problems: [] };
  let early = 0;
  for (let index = 0; index < requests; index += 1) {
    if (index % CLEAN_EVERY === 0) await clean(api);
    await one(api, random, report);
    if (index === Math.floor(requests / 10)) early = heap();
    progress?.(index + 1);
  }
  await clean(api);
  report.heapGrowth = early > 0 ? heap() / early : 1;
  return report;
}

const CRD_PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function heap(): number {
  if (!globalThis.gc) return 0;
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

async function one(api: TestApi, random: Random, report: FuzzReport): Promise<void> {
  const { path, object } = random.pick(CORPUS.objects);
  const start = performance.now();
  const request = requestFor({ path, object, random });
  const response =
    random.below(8) === 0
      ? await postProtobuf(api, request, random)
      : await api.open(request.method, request.path, request);
  const took = performance.now() - start;
  report.slowestMs = Math.max(report.slowestMs, took);
  report.codes[response.status] = (report.codes[response.status] ?? 0) + 1;
  if (response.status < 500 && took < TOO_LONG_MS) return;
  if (response.status === 504) return;
  const answer = 'body' in response ? text(response.body).slice(0, 300) : response.kind;
  if (report.problems.some((known) => known.includes(answer))) return;
  const what = `${request.method} ${request.path} ${JSON.stringify(request.headers)} ${text(request.body).slice(0, 3000)}`;
  report.problems.push(`${response.status} in ${took.toFixed(0)} ms: ${answer} to ${what}`);
}

interface Request {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
  signal: AbortSignal;
}

function requestFor({
  path,
  object,
  random,
}: {
  path: string;
  object: object;
  random: Random;
}): Request {
  const method = random.pick(['POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'GET', 'DELETE']);
  const name = (object as { metadata: { name: string } }).metadata.name;
  const subresource = random.pick(['', '', '', '/status', '/scale', '/eviction', '/nothing']);
  const target = method === 'POST' ? path : `${path}/${name}${subresource}`;
  const query = random.pick(QUERIES);
  const contentType =
    method === 'PATCH'
      ? random.pick(PATCHES)
      : random.pick([
          'application/json',
          'application/json',
          'application/yaml',
          'application/vnd.kubernetes.protobuf',
        ]);
  const body =
    contentType === 'application/json-patch+json'
      ? operations(object, random)
      : mutated(object, random);
  const sent = random.below(10) === 0 ? damaged(JSON.stringify(body), random) : body;
  const signal = AbortSignal.timeout(TOO_LONG_MS);
  const headers = { 'content-type': contentType };
  return method === 'GET'
    ? { method, path: target + query, headers: {}, signal }
    : { method, path: target + query, headers, body: sent, signal };
}

/** Bodies as kubectl and helm send them, base64. */
const PROTOBUF_BODIES: Buffer[] = Object.values(
  JSON.parse(
    readFileSync(
      new URL(
        '../../packages/cluster/src/builtin/__fixtures__/request-bodies.json',
        import.meta.url,
      ),
      'utf8',
    ),
  ) as Record<string, string>,
).map((text) => Buffer.from(text, 'base64'));

/** Sends a protobuf body with bytes changed or cut in place of the request's own. */
function postProtobuf(
  api: TestApi,
  request: Request,
  random: Random,
): ReturnType<TestApi['server']['handle']> {
  const bytes = Buffer.from(random.pick(PROTOBUF_BODIES));
  for (let count = random.below(6); count > 0; count -= 1)
    bytes[random.below(bytes.length)] = random.below(256);
  const end = random.below(4) === 0 ? random.below(bytes.length) : bytes.length;
  const { pathname, searchParams } = new URL(request.path, 'https://cluster.test');
  return api.server.handle({
    method: request.method === 'GET' ? 'POST' : request.method,
    path: pathname,
    query: searchParams,
    headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
    body: { bytes: bytes.subarray(0, end) },
    user: { name: 'fuzz', groups: ['system:masters', 'system:authenticated'] },
    signal: request.signal,
  });
}

/** A few places of the object replaced by something else. */
function mutated(object: object, random: Random): unknown {
  const copy: unknown = structuredClone(object);
  for (let count = random.below(4); count > 0; count -= 1) {
    const places = placesOf(copy);
    if (places.length === 0) break;
    const { holder, key } = random.pick(places);
    const action = random.below(4);
    if (action === 0) delete holder[key];
    else if (action === 1) holder[`${key}${random.pick(['x', '.', '/', ''])}`] = strange(random);
    else holder[key] = strange(random);
  }
  return copy;
}

interface Place {
  holder: Record<string, unknown>;
  key: string;
}

function placesOf(value: unknown, places: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return places;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    places.push({ holder, key });
    placesOf(holder[key], places);
  }
  return places;
}

/** Values that a careless program trips over. */
function strange(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => ({}),
    () => [],
    () => [null],
    () => true,
    () => -1,
    () => 2 ** 53,
    () => 1e308,
    () => 0.1,
    () => '',
    () => ' ',
    () => '\u0000',
    () => '\uD800',
    () => 'x'.repeat(random.below(70_000)),
    () => '9'.repeat(400),
    () => '1e999999999',
    () => '-1Ki',
    () => '(((((((((((((((((((((((a+)+)+)+)+)+$',
    () => '../../etc/passwd',
    () => nested(random.below(3000)),
    () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":1}}}'),
    () => Array.from({ length: random.below(2000) }, (_, index) => ({ name: `n${index % 7}` })),
    () => ({ [random.pick(['$patch', '$retainKeys', '$setElementOrder/x'])]: 'replace' }),
    () => ({ name: 'same', value: 'a' }),
  ])();
}

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? { a: value } : [value];
  return value;
}

function operations(object: object, random: Random): unknown {
  const paths = [
    '',
    '/',
    '/spec',
    '/metadata/labels/a~1b',
    '/spec/containers/-',
    '/spec/template/spec/containers/0/env/99999999999',
    '/metadata/name',
    '/__proto__/x',
    '/a/b/c/d',
    ...Object.keys(object).map((key) => `/${key}`),
  ];
  return Array.from({ length: random.below(6) }, () => ({
    op: random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'jump']),
    path: random.pick(paths),
    from: random.pick(paths),
    ...(random.below(4) > 0 && { value: strange(random) }),
  }));
}

/** Text with bytes cut, doubled or changed. */
function damaged(json: string, random: Random): string {
  const at = random.below(json.length + 1);
  const rest = json.slice(at);
  return random.pick([
    () => json.slice(0, at),
    () =>
      json.slice(0, at) +
      random.pick(['"', '{', ']', ',', '\\', '\u0000', 'k8s\u0000', '&a *a']) +
      rest,
    () => json.slice(0, at) + rest + rest,
    () => `k8s\u0000${rest}`,
  ])();
}

/** Back to the sound objects, so that writes have something to change. */
async function clean(api: TestApi): Promise<void> {
  for (const path of new Set(CORPUS.objects.map((entry) => entry.path)))
    if (!path.includes('customresourcedefinitions') && !/\/api\/v1\/(namespaces|nodes)$/.test(path))
      await api.open('DELETE', path, { body: { gracePeriodSeconds: 0 } });
  for (const { path, object } of CORPUS.objects) await api.open('POST', path, { body: object });
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
