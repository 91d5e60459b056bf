/** The CRD of Scenario, which the cluster installs itself. */
import { SCENARIO_GROUP, SCENARIO_VERSION } from './scenario.ts';

type Schema = Record<string, unknown>;

const text: Schema = { type: 'string' };
const duration: Schema = { type: 'string', pattern: String.raw`^(\d+(\.\d+)?(ms|s|m|h))+$` };
const amount: Schema = { 'x-kubernetes-int-or-string': true };
const free: Schema = { 'x-kubernetes-preserve-unknown-fields': true };
const texts: Schema = list(text);

function object(properties: Record<string, Schema>, required: string[] = []): Schema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function list(items: Schema): Schema {
  return { type: 'array', items };
}

function map(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

const manifest: Schema = {
  type: 'object',
  'x-kubernetes-embedded-resource': true,
  'x-kubernetes-preserve-unknown-fields': true,
};

const reference: Record<string, Schema> = {
  apiVersion: text,
  kind: text,
  namespace: text,
  name: text,
  selector: text,
};

const need = object({
  env: text,
  file: text,
  connect: text,
  args: text,
  matches: text,
  format: { type: 'string', enum: ['json', 'yaml', 'certificate'] },
  otherwise: { type: 'string', enum: ['crash', 'wait', 'unready', 'log'] },
  exit: { type: 'integer' },
  after: duration,
  log: texts,
});

const run: Record<string, Schema> = {
  startup: duration,
  runs: duration,
  exit: { type: 'integer' },
  memory: amount,
  growth: duration,
  cpu: amount,
  load: amount,
  disk: amount,
  listens: list(
    object({ port: amount, paths: map({ type: 'integer' }), readyPaths: texts }, ['port']),
  ),
  needs: list(need),
  logs: object({ start: texts, every: duration, lines: texts, stop: texts }),
};

const image = object(
  {
    image: text,
    pull: object({ error: text, secret: text }),
    cases: list(object({ when: object({ env: map(text), args: text }), ...run }, ['when'])),
    ...run,
  },
  ['image'],
);

const node = object(
  {
    name: text,
    labels: map(text),
    taints: list(object({ key: text, value: text, effect: text }, ['key', 'effect'])),
    capacity: map(amount),
    unschedulable: { type: 'boolean' },
    silentFor: duration,
  },
  ['name'],
);

const check = object(
  {
    name: text,
    why: text,
    that: text,
    get: map(object(reference, ['apiVersion', 'kind'])),
    unchanged: list(object(reference, ['apiVersion', 'kind'])),
    connects: object({ from: object({ namespace: text, selector: text }), to: text }, [
      'from',
      'to',
    ]),
  },
  ['name'],
);

const patch = object(
  { ...reference, type: { type: 'string', enum: ['strategic', 'merge', 'json'] }, body: free },
  ['apiVersion', 'kind', 'name', 'body'],
);

const step = object({
  patch,
  apply: manifest,
  delete: object(reference, ['apiVersion', 'kind', 'name']),
  evict: object({ ...reference, node: text }),
});

const event = object(
  {
    on: object(reference, ['apiVersion', 'kind', 'name']),
    ago: duration,
    since: duration,
    type: { type: 'string', enum: ['Normal', 'Warning'] },
    reason: text,
    message: text,
    count: { type: 'integer' },
    component: text,
  },
  ['on', 'ago', 'reason', 'message'],
);

const spec = object(
  {
    title: text,
    symptom: text,
    difficulty: { type: 'string', enum: ['easy', 'medium', 'hard'] },
    tags: texts,
    age: duration,
    nodes: list(node),
    images: list(image),
    objects: list(manifest),
    later: list(object({ ago: duration, apply: manifest, patch }, ['ago'])),
    history: object({ events: list(event) }),
    shows: map(text),
    verify: list(check),
    solution: object({ hints: texts, steps: list(step) }, ['steps']),
  },
  ['title', 'symptom', 'objects'],
);

/** The manifest to apply. */
export function scenarioCrd(): {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: Schema;
} {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `scenarios.${SCENARIO_GROUP}` },
    spec: {
      group: SCENARIO_GROUP,
      scope: 'Cluster',
      names: {
        kind: 'Scenario',
        listKind: 'ScenarioList',
        plural: 'scenarios',
        singular: 'scenario',
      },
      versions: [
        {
          name: SCENARIO_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
            { name: 'Title', type: 'string', jsonPath: '.spec.title' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: {
            openAPIV3Schema: object(
              {
                spec,
                status: object({
                  phase: text,
                  message: text,
                  namespaces: texts,
                  nodes: texts,
                }),
              },
              ['spec'],
            ),
          },
        },
      ],
    },
  };
}
