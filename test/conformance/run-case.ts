/** Asks a server all that a case asks, in order, and gives its answers back in comparable form. */
import { createHash } from 'node:crypto';
import { systemClock } from '@kagent/kube';
import type { Answer, ConformanceCase, Step } from './case.ts';
import { normalise } from './normalise.ts';
import type { RawAnswer, ServerClient } from './server-client.ts';
import { shaped } from './shapes.ts';

const POLL_MS = 50;
const PATIENCE_MS = 20_000;

/** `run` keeps two runs on one server apart; letters and digits. Rejects when a quiet step fails. */
export async function runCase(
  client: ServerClient,
  { name, steps, controllers = false }: ConformanceCase,
  run: string,
): Promise<Answer[]> {
  const id = `c${createHash('sha256').update(name).digest('hex').slice(0, 6)}${run}`;
  const names = { $ns: `ns-${id}`, $id: id };
  const values: Record<string, string> = { ...names };
  const made: string[] = [];
  const ask = async (step: Step) => {
    const answer = await send(client, step, values);
    if (answer.code === 201 && step.request.startsWith('POST'))
      made.push(...pathOf(step, answer, values));
    return answer;
  };
  await prepareNamespace(client, names.$ns);
  const answers: Answer[] = [];
  try {
    for (const step of steps) {
      if (step.forEach !== undefined) {
        await askForEach(client, step, values);
        continue;
      }
      const answer = await untilAsWanted(() => ask(step), step, values);
      for (const [variable, path] of Object.entries(step.keep ?? {}))
        values[`$${variable}`] = String(valueAt(parse(answer.text), path));
      if (step.until !== undefined) continue;
      if (step.quiet !== true)
        answers.push(comparable(step, answer, { names, randomNames: controllers }));
      else if (answer.code >= 400)
        throw new Error(`${name}: ${step.request} was refused: ${answer.text}`);
    }
  } finally {
    for (const path of made.toReversed()) await remove(client, path);
    if (controllers)
      await client.send({ method: 'DELETE', path: namespacePath(names), headers: {} });
  }
  return answers;
}

function namespacePath({ $ns }: { $ns: string }): string {
  return `/api/v1/namespaces/${$ns}`;
}

async function askForEach(
  client: ServerClient,
  step: Step,
  values: Record<string, string>,
): Promise<void> {
  const { list = '', count = 0 } = step.forEach ?? {};
  const wait = { request: `GET ${list}`, until: { 'items.length': String(count) } };
  const { text } = await untilAsWanted(() => send(client, wait, values), wait, values);
  const { items } = parse(text) as { items: { metadata: { name: string } }[] };
  for (const { metadata } of items) {
    const answer = await send(client, step, { ...values, $item: metadata.name });
    // one may have gone meanwhile
    if (answer.code >= 400 && answer.code !== 404)
      throw new Error(`${step.request} was refused: ${answer.text}`);
  }
}

async function prepareNamespace(client: ServerClient, name: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const create = (path: string, body: unknown) =>
    client.send({ method: 'POST', path, headers, body: JSON.stringify(body) });
  await create('/api/v1/namespaces', { metadata: { name } });
  await create(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
}

function send(
  client: ServerClient,
  step: Step,
  values: Record<string, string>,
): Promise<RawAnswer> {
  const [method = '', path = ''] = fill(step.request, values).split(/ (.*)/, 2);
  const { body, type, accept = 'application/json', as, events } = step;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const headers: Record<string, string> = { accept, 'user-agent': 'conformance/1.0' };
  if (text !== undefined) headers['content-type'] = type ?? 'application/json';
  if (as !== undefined) {
    headers['impersonate-user'] = as.user;
    // node sends a list as one header each
    if (as.groups !== undefined) Object.assign(headers, { 'impersonate-group': as.groups });
  }
  for (const [name, value] of Object.entries(step.send ?? {})) {
    if (value === '') delete headers[name];
    else headers[name] = fill(value, values);
  }
  return client.send({
    method,
    path,
    headers,
    body: text === undefined ? undefined : fill(text, values),
    lines: events,
  });
}

function fill(text: string, values: Record<string, string>): string {
  return text.replaceAll(/\$[A-Za-z]+/g, (variable) => values[variable] ?? variable);
}

async function untilAsWanted(
  ask: () => Promise<RawAnswer>,
  { until, request }: Step,
  values: Record<string, string>,
): Promise<RawAnswer> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    const body = parse(answer.text);
    const isAsWanted = Object.entries(until ?? {}).every(([path, wanted]) => {
      const value = path === 'code' ? answer.code : valueAt(body, path);
      if (wanted === '*' || wanted === '-') return (value !== undefined) === (wanted === '*');
      return String(value) === fill(wanted, values);
    });
    if (isAsWanted) return answer;
    if (Date.now() > deadline) throw new Error(`${request} stayed ${answer.text}`);
    await systemClock.sleep(POLL_MS, AbortSignal.timeout(PATIENCE_MS));
  }
}

/** Dotted; `conditions[type=Ready].status` finds an item by one of its fields. */
function valueAt(value: unknown, path: string): unknown {
  let current = value;
  for (const part of path.match(/[^.[\]]+(?:\[[^\]]*\])?/g) ?? []) {
    const [, key = '', field, wanted] = /^([^[]+)(?:\[([^=]+)=([^\]]*)\])?$/.exec(part) ?? [];
    current = (current as Record<string, unknown> | undefined)?.[key];
    if (field !== undefined && Array.isArray(current))
      current = current.find((item: Record<string, unknown>) => String(item[field]) === wanted);
  }
  return current;
}

function comparable(
  step: Step,
  { code, text, headers }: RawAnswer,
  { names, randomNames }: { names: Record<string, string>; randomNames: boolean },
): Answer {
  const options = { names, randomNames, managedFields: step.managedFields ?? false };
  const lines =
    step.events === undefined ? undefined : text.trim().split('\n').slice(0, step.events);
  const answered = lines === undefined ? parse(text) : lines.map(parse);
  const body = normalise(shaped(answered, step), options);
  const shown = (step.headers ?? []).map((name): [string, string] => [name, String(headers[name])]);
  return {
    code,
    ...(text !== '' && { body: step.sorted === true ? sortedList(body) : body }),
    ...(shown.length > 0 && { headers: Object.fromEntries(shown) }),
  };
}

function sortedList(body: unknown): unknown {
  const { items, ...rest } = body as { items?: unknown[] };
  const text = (item: unknown): string => JSON.stringify(item, (_key, value) => byKey(value));
  return { ...rest, items: items?.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)) };
}

function byKey(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Where an object is that was made outside of the namespace, which is removed as a whole or never. */
function pathOf({ request }: Step, { text }: RawAnswer, values: Record<string, string>): string[] {
  const path = fill(request.replace(/^POST /, '').replace(/\?.*/, ''), values);
  const { metadata } = parse(text) as { metadata?: { name?: string } };
  if (path.includes('/namespaces/') || metadata?.name === undefined) return [];
  return [`${path}/${metadata.name}`];
}

async function remove(client: ServerClient, path: string): Promise<void> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  const body = JSON.stringify({ metadata: { finalizers: null } });
  await client.send({ method: 'DELETE', path, headers: {} });
  await client.send({ method: 'PATCH', path, headers, body });
}
