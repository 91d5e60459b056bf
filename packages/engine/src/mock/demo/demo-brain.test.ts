import { describe, expect, it } from 'vitest';
import type { BrainTool } from '../brain.ts';
import {
  KUBERNETES_TOOLS,
  runTool,
  talk,
  type Talk,
  type TalkOptions,
} from '../testing/fake-cluster.ts';
import { QUESTIONS } from '../testing/questions.ts';
import { parseJsonObject } from '../../models/parse-json.ts';
import { FOOTER } from './answers.ts';
import { createDemoBrain } from './demo-brain.ts';
import { propertiesOf } from './toolbox.ts';

const brain = createDemoBrain();

function ask(question: string, options: TalkOptions = {}): Promise<Talk> {
  return talk(brain, question, options);
}

const SHORT: Record<string, string> = {
  k8s_get_resources: 'get',
  k8s_describe_resource: 'describe',
  k8s_get_pod_logs: 'logs',
  k8s_get_resource_yaml: 'yaml',
  k8s_get_events: 'events',
};

/** `k8s_get_resources {…}` as `get pods -n shop`. */
function compact(call: string): string {
  const [name = ''] = call.split(' ', 1);
  const args = parseJsonObject(call.slice(name.length)) ?? {};
  return [
    SHORT[name] ?? name.replace(/^k8s_/, ''),
    args['resource_type'],
    args['resource_name'] ?? args['pod_name'],
    args['namespace'] === undefined ? undefined : `-n ${String(args['namespace'])}`,
    args['all_namespaces'] === true ? '-A' : undefined,
    args['container'] === undefined ? undefined : `-c ${String(args['container'])}`,
    args['tail_lines'] === undefined ? undefined : `--tail ${String(args['tail_lines'])}`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The calls of a talk, or what kind of answer came without them. */
function shapeOf({ turns, answer }: Talk): string {
  if (turns.length > 0) return turns.map((turn) => turn.map(compact).join(' + ')).join(' > ');
  if (answer.includes("can't do that without a real model")) return '(unknown)';
  if (answer.includes("don't change anything")) return '(refused)';
  if (answer.startsWith('Say which')) return '(asks back)';
  return answer.startsWith('You are welcome') ? '(thanks)' : '(help)';
}

describe('demo model', () => {
  it.each(QUESTIONS)('answers "%s" with %s', async (question, calls) => {
    const result = await ask(question);
    expect(shapeOf(result)).toBe(calls);
    expect(result.answer.endsWith(FOOTER)).toBe(true);
  });

  describe('reports what the tools say', () => {
    it.each([
      ['list namespaces', ['5 namespaces', '`blue`', '`kube-system`'], []],
      ['how many pods are in shop?', ['7 pods in namespace `shop`'], []],
      ['how many services are there?', ['1 service ', '`shop/web`'], ['services']],
      [
        'which pods are failing?',
        ['6 unhealthy pods', '`shop/web-1`', 'CrashLoopBackOff'],
        ['coredns', 'migrate-once', 'solo'],
      ],
      ['show me pending pods', ['1 pending pod', 'batch-big'], ['web-1']],
      ['list completed pods', ['migrate-once'], ['web-1']],
      ['how many pods are running?', ['5 running pods'], []],
      ['list services in blue', ['There are no services in namespace `blue`.'], []],
      ['which agents are not ready?', ['1 unhealthy agent', '`kagent/lost`'], ['k8s-agent']],
      ['is web-1 running?', ['CrashLoopBackOff', 'ask me why'], []],
      ['is coredns running?', ['Running', 'restarts 2'], ['ask me why']],
      ['logs of web-1', ['DATABASE_URL is not set'], []],
      ['logs of solo', ['log of pod `solo` in namespace `blue` is empty'], []],
      ['events for pod web-1', ['Back-off restarting'], ['solo', 'front']],
      ['events in blue', ['There are no events in namespace `blue`.'], []],
      ['list widgets', ['failed', 'resource type "widgets"'], []],
      ['describe pod nosuch', ['There is no pod `nosuch`'], []],
      ['why is nosuch failing?', ['no pod that matches `nosuch`', '`shop/web-1`'], []],
      ['list pods and services in shop', ['7 pods', '1 service'], []],
    ] as const)('%s', async (question, wanted, unwanted) => {
      const { answer } = await ask(question);
      for (const text of wanted) expect(answer).toContain(text);
      for (const text of unwanted) expect(answer).not.toContain(text);
    });
  });

  it('looks around a namespace whose pods are well', async () => {
    const run = (name: string, args: Record<string, unknown>): string => {
      if (name === 'k8s_get_events')
        return [
          'LAST SEEN   TYPE      REASON         OBJECT           MESSAGE',
          '2m          Warning   FailedCreate   replicaset/web   Error creating: pods "web-a" is forbidden: exceeded quota: q',
          '1m          Warning   FailedCreate   replicaset/web   Error creating: pods "web-b" is forbidden: exceeded quota: q',
          '1m          Warning   Unhealthy      pod/solo         Readiness probe failed: not up yet',
        ].join('\n');
      if (name === 'k8s_get_pod_logs') return 'ready\ndial tcp 10.96.0.9:80: connection refused';
      if (args['resource_type'] === 'endpoints')
        return 'NAME   ENDPOINTS       AGE\ndb     <none>          1m\nweb    10.0.0.1:8080   1m';
      if (args['resource_type'] === 'deployments')
        return 'NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nweb    2/4     2            2           1m';
      return runTool(name, args);
    };
    const { answer } = await ask('What is wrong in namespace blue?', { run });
    for (const text of [
      '`web` has only 2/4',
      'Service `db` has no endpoints',
      'pods "web-b" is forbidden',
      '10.96.0.9:80: connection refused',
    ])
      expect(answer).toContain(text);
    for (const text of ['`web` has no', 'web-a', 'not up yet']) expect(answer).not.toContain(text);
  });

  describe('names the true reason', () => {
    it.each([
      [
        'why is web-1 failing?',
        ['CrashLoopBackOff', 'exit code 3', 'restarted 7 times', 'DATABASE_URL is not set'],
      ],
      [
        'why is cart failing?',
        ['`registry.example/cart:nope`', "can't be pulled", 'manifest unknown'],
      ],
      [
        'why is checkout failing?',
        ['CreateContainerConfigError', 'secret "payment-key" not found'],
      ],
      ['why is search failing?', ['OOMKilled', 'memory', 'exit code 137', 'container `search`']],
      ['why is batch-big pending?', ["can't be scheduled", '1 Insufficient memory']],
      [
        'why is front not ready?',
        ['Readiness probe failed: HTTP probe failed with statuscode: 503'],
      ],
      [
        'why is agent lost not ready?',
        ['ModelConfigNotFound', 'ModelConfig "gone" not found', 'deployment has no replicas'],
      ],
      ['why is lost not ready?', ['ModelConfig "gone" not found']],
      ['why is solo failing?', ['looks healthy']],
      [
        'what is wrong in shop?',
        ['6 of 7 pods', 'exit code 3', 'manifest unknown', 'payment-key', '`shop/batch-big`'],
      ],
      ['is everything ok in blue?', ['nothing wrong', 'the only pod']],
    ] as const)('%s', async (question, wanted) => {
      const { answer } = await ask(question);
      for (const text of wanted) expect(answer).toContain(text);
    });
  });

  it('reads the compact form of descriptions, and the log of the run before', async () => {
    const tools = KUBERNETES_TOOLS.map((tool) =>
      tool.name === 'k8s_get_pod_logs'
        ? {
            ...tool,
            schema: {
              ...tool.schema,
              properties: { ...propertiesOf(tool), previous: { type: 'boolean' } },
            },
          }
        : tool,
    );
    const described = `Name:       web-1
Namespace:  shop
Status:     CrashLoopBackOff
Containers:
  sidecar:
    Image:          side:1
    State:          Running for 3m
    Restart Count:  0
  main:
    Image:          web:1
    State:          Waiting (CrashLoopBackOff): back-off 40s
    Last State:     Terminated (Error), exit code 127, 60s ago: exec failed
    Ready:          false
    Restart Count:  4
Conditions:
  TYPE   STATUS  REASON              SINCE  MESSAGE
  Ready  False   ContainersNotReady  3m     containers with unready status: [main]
Events:
  LAST-SEEN  TYPE     REASON   MESSAGE
  2m (x7)    Warning  BackOff  Back-off restarting failed container`;
    const run: TalkOptions['run'] = (name, args) => {
      if (name === 'k8s_describe_resource') return described;
      if (name !== 'k8s_get_pod_logs') return runTool(name, args);
      return args['previous'] === true
        ? 'panic: no database'
        : '[restarted 4 times]\nThe log is empty.';
    };
    const { answer, turns } = await ask('why is web-1 failing?', { tools, run });
    expect(turns).toHaveLength(3);
    for (const text of [
      'container `main`',
      'exit code 127 (command not found)',
      'restarted 4 times',
      'exec failed',
      'panic: no database',
    ]) {
      expect(answer).toContain(text);
    }
  });

  it('names conditions in the compact form', async () => {
    const described = `Name:  lost
Conditions:
  TYPE      STATUS  REASON               SINCE  MESSAGE
  Accepted  True    Reconciled           3m     fine
  Ready     False   ModelConfigNotFound  3m     ModelConfig gone not found`;
    const run: TalkOptions['run'] = (name, args) =>
      name === 'k8s_describe_resource' ? described : runTool(name, args);
    const { answer } = await ask('why is agent lost not ready?', { run });
    expect(answer).toContain(
      'condition Ready is False (ModelConfigNotFound): ModelConfig gone not found',
    );
    expect(answer).not.toContain('Accepted is');
  });

  it('passes on why a listing is empty', async () => {
    const run = (): string =>
      'No pods found in namespace blu. Namespace "blu" does not exist. Namespaces: blue, shop.';
    const { answer } = await ask('list pods in blu', { run });
    expect(answer).toContain(
      'There are no pods in namespace `blu`. Namespace "blu" does not exist. Namespaces: blue, shop.',
    );
  });

  describe('understands what came before', () => {
    async function follow(...questions: string[]): Promise<Talk> {
      let last: Talk | undefined;
      for (const question of questions)
        last = await ask(question, last === undefined ? {} : { before: last.messages });
      if (last === undefined) throw new Error('no questions');
      return last;
    }

    it.each([
      [['list pods in shop', 'and in kube-system?'], 'get pods -n kube-system'],
      [['list pods in shop', 'what about services?'], 'get services -n shop'],
      [['list pods in shop', 'how many?'], 'get pods -n shop'],
      [['get pod web-1', 'describe it'], 'describe pods web-1 -n shop'],
      [['why is cart failing?', 'show me its events'], 'events -n shop'],
      [
        ['get pod web-1', 'why is it failing?'],
        'get pods -n shop > describe pods web-1 -n shop + logs web-1 -n shop --tail 20',
      ],
      [['get pod web-1', 'show its logs'], 'get pods -n shop > logs web-1 -n shop'],
      [['logs of web-1', 'and of solo?'], 'get pods -A > logs solo -n blue'],
      [
        ['list pods in blue', 'why?'],
        'get pods -n blue > describe pods solo -n blue + logs solo -n blue --tail 20 > events -n blue',
      ],
      [['list pods in blue', 'thanks', 'and in shop?'], 'get pods -n shop'],
    ])('%j', async (questions, calls) => {
      expect(shapeOf(await follow(...questions))).toBe(calls);
    });
  });

  describe('is honest about its tools', () => {
    const without = (name: string): BrainTool[] =>
      KUBERNETES_TOOLS.filter((tool) => tool.name !== name);

    it('says what it was offered when it lacks a tool', async () => {
      const { answer, turns } = await ask('logs of web-1', { tools: without('k8s_get_pod_logs') });
      expect(turns).toEqual([]);
      expect(answer).toContain('no tool that can read logs');
      expect(answer).toContain('`k8s_get_resources`');
    });

    it('says so when it was offered none', async () => {
      expect((await ask('list pods', { tools: [] })).answer).toContain(
        'I was offered no tools at all',
      );
    });

    it('uses the YAML when it can not describe', async () => {
      const { turns } = await ask('why is search failing?', {
        tools: without('k8s_describe_resource'),
      });
      expect(turns.flat().map(compact)).toContain('yaml pods search-9c-ppppp -n shop');
    });

    it('repeats what a failing tool said', async () => {
      const { answer } = await ask('list pods', {
        run: () => 'Error: pods is forbidden: no access',
      });
      expect(answer).toContain('failed');
      expect(answer).toContain('pods is forbidden');
    });

    it('names the tools that failed beside what it found', async () => {
      const run: TalkOptions['run'] = (name, args) =>
        name === 'k8s_get_pod_logs' ? 'Error: log is gone' : runTool(name, args);
      const { answer } = await ask('why is web-1 failing?', { run });
      expect(answer).toContain('exit code 3');
      expect(answer).toContain('log is gone');
    });

    it('describes itself and its tools', async () => {
      const { answer } = await ask('what can you do?');
      expect(answer).toContain('demo model');
      expect(answer).toContain('`k8s_get_events`');
    });
  });

  describe('uses tools of other servers by their schemas', () => {
    const text = { type: 'string' };
    const others: BrainTool[] = [
      {
        name: 'get_weather',
        description: 'Weather of a city',
        schema: { type: 'object', properties: { city: text }, required: ['city'] },
      },
      {
        name: 'add',
        description: 'Adds two numbers',
        schema: {
          type: 'object',
          properties: { a: { type: 'number' }, b: { type: 'number' } },
          required: ['a', 'b'],
        },
      },
      {
        name: 'echo',
        description: 'Echoes',
        schema: { type: 'object', properties: { message: text }, required: ['message'] },
      },
      {
        name: 'helm_list_releases',
        description: 'Releases',
        schema: { type: 'object', properties: { namespace: text } },
      },
      {
        name: 'convert',
        description: 'Converts',
        schema: {
          type: 'object',
          properties: { unit: { enum: ['celsius', 'kelvin'] }, value: { type: 'number' } },
          required: ['unit', 'value'],
        },
      },
      {
        name: 'kagent__NS__promql_agent',
        description: 'Writes PromQL',
        schema: { type: 'object', properties: { request: text }, required: ['request'] },
      },
      {
        name: 'delete_everything',
        description: 'Deletes',
        schema: { type: 'object', properties: {} },
      },
    ];
    const tools = [...KUBERNETES_TOOLS, ...others];

    it.each([
      ["what's the weather in Paris?", 'get_weather {"city":"Paris"}'],
      ['weather for "New York" please', 'get_weather {"city":"New York"}'],
      ['add 2 and 3.5', 'add {"a":2,"b":3.5}'],
      ['echo hello world', 'echo {"message":"hello world"}'],
      ['list helm releases', 'helm_list_releases {}'],
      ['list helm releases with namespace shop', 'helm_list_releases {"namespace":"shop"}'],
      ['convert 20 to kelvin', 'convert {"unit":"kelvin","value":20}'],
      [
        'ask the promql agent for the error rate',
        'kagent__NS__promql_agent {"request":"ask the promql agent for the error rate"}',
      ],
    ])('%s', async (question, call) => {
      const { turns, answer } = await ask(question, { tools });
      expect(turns).toEqual([[call]]);
      expect(answer).toContain(`\`${call.split(' ')[0]}\` says`);
    });

    it('never calls one that changes things', async () => {
      expect((await ask('delete everything', { tools })).turns).toEqual([]);
    });

    it('fills the arguments that another Kubernetes server names', async () => {
      const foreign: BrainTool[] = [
        {
          name: 'list_resources',
          description: '',
          schema: {
            type: 'object',
            properties: { kind: text, namespace: text, allNamespaces: { type: 'string' } },
            required: ['kind'],
          },
        },
        {
          name: 'podLogs',
          description: '',
          schema: {
            type: 'object',
            properties: { podName: text, namespace: text, tail: { type: 'integer' } },
            required: ['podName', 'namespace'],
          },
        },
      ];
      const run: TalkOptions['run'] = (name, args) =>
        name === 'podLogs'
          ? 'a line'
          : runTool('k8s_get_resources', { resource_type: args['kind'] });
      const { turns } = await ask('last 5 lines of the logs of web-1', { tools: foreign, run });
      expect(turns).toEqual([
        ['list_resources {"kind":"pods","allNamespaces":"true"}'],
        ['podLogs {"podName":"web-1","namespace":"shop","tail":5}'],
      ]);
    });
  });
});
