/** A small cluster behind the Kubernetes tools, with everything broken that can be, for tests of the demo model. */
import type { Brain, BrainMessage, BrainTool, Conversation } from '../brain.ts';
import { parseJsonObject } from '../../models/parse-json.ts';

/** Properties with a `!` before their name are required. */
function tool(name: string, description: string, fields: Record<string, unknown>): BrainTool {
  const required = Object.keys(fields).filter((field) => field.startsWith('!'));
  const properties = Object.fromEntries(
    Object.entries(fields).map(([field, schema]) => [field.replace('!', ''), schema]),
  );
  return {
    name,
    description,
    schema: { type: 'object', properties, required: required.map((field) => field.slice(1)) },
  };
}

const text = { type: 'string' };

const one = { '!resource_type': text, '!resource_name': text };

/** The Kubernetes tools as the tool server of kagent offers them. */
export const KUBERNETES_TOOLS: BrainTool[] = [
  tool('k8s_get_resources', 'List resources', {
    '!resource_type': text,
    resource_name: text,
    namespace: text,
    all_namespaces: { type: 'boolean' },
    output: text,
  }),
  tool('k8s_describe_resource', 'Describe one', { ...one, namespace: text }),
  tool('k8s_get_resource_yaml', 'YAML of one', { ...one, namespace: text }),
  tool('k8s_get_pod_logs', 'Log of a pod', {
    '!pod_name': text,
    namespace: text,
    container: text,
    tail_lines: { type: 'number' },
  }),
  tool('k8s_get_events', 'Events', { namespace: text }),
  tool('k8s_get_available_api_resources', 'Kinds', {}),
  tool('k8s_get_cluster_configuration', 'Configuration of the cluster', {}),
  tool('k8s_delete_resource', 'Delete', { ...one, namespace: text }),
  tool('k8s_patch_resource', 'Patch', { ...one, '!patch': text }),
];

const PODS = `NAMESPACE     NAME                       READY   STATUS                       RESTARTS      AGE   IP           NODE     NOMINATED NODE   READINESS GATES
kagent        k8s-agent-6d5f9-x2x1z      1/1     Running                      0             3m    10.0.0.1     node-1   <none>           <none>
kagent        kagent-tools-7f-abcde      1/1     Running                      0             3m    10.0.0.2     node-1   <none>           <none>
kube-system   coredns-5d78c-9qwer        1/1     Running                      2 (1h ago)    1d    10.0.0.3     node-1   <none>           <none>
shop          web-1                      0/1     CrashLoopBackOff             7 (2m ago)    12m   10.0.0.4     node-1   <none>           <none>
shop          cart-5bb6c-zzzzz           0/1     ImagePullBackOff             0             12m   10.0.0.5     node-1   <none>           <none>
shop          checkout-77-qqqqq          0/1     CreateContainerConfigError   0             12m   10.0.0.6     node-1   <none>           <none>
shop          search-9c-ppppp            0/1     OOMKilled                    3 (1m ago)    12m   10.0.0.7     node-1   <none>           <none>
shop          batch-big                  0/1     Pending                      0             12m   <none>       <none>   <none>           <none>
shop          front-6f-aaaaa             0/1     Running                      0             12m   10.0.0.8     node-1   <none>           <none>
shop          migrate-once               0/1     Completed                    0             12m   10.0.0.9     node-1   <none>           <none>
blue          solo                       1/1     Running                      0             1m    10.0.0.10    node-1   <none>           <none>`;

const TABLES: Record<string, string> = {
  pods: PODS,
  namespaces:
    'NAME          STATUS   AGE\nblue          Active   1m\ndefault       Active   1d\nkagent        Active   1d\nkube-system   Active   1d\nshop          Active   1d',
  deployments: `NAMESPACE   NAME       READY   UP-TO-DATE   AVAILABLE   AGE
kagent      k8s-agent  1/1     1            1           1d
shop        front      0/1     1            0           1d
shop        empty      0/0     0            0           1d`,
  services: `NAMESPACE   NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
shop        web    ClusterIP   10.1.0.1     <none>        80/TCP    1d`,
  nodes:
    'NAME     STATUS   ROLES           AGE   VERSION\nnode-1   Ready    control-plane   1d    v1.35.2',
  agents: `NAMESPACE   NAME        TYPE          READY   ACCEPTED   AGE
kagent      k8s-agent   Declarative   True    True       1d
kagent      lost        Declarative   False   False      1d`,
  gateways: 'NAMESPACE   NAME   CLASS   AGE\nshop        gw     istio   1d',
};

const DESCRIBED: Record<string, string> = {
  'web-1': `Name:             web-1
Namespace:        shop
Status:           Running
Containers:
  web:
    Container ID:   containerd://abc
    Image:          shop/web:1.2
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       Error
      Exit Code:    3
      Started:      Mon, 01 Jan 2026 10:00:00 +0000
    Ready:          False
    Restart Count:  7
Conditions:
  Type              Status
  Ready             False
Events:
  Type     Reason   Age                From     Message
  ----     ------   ----               ----     -------
  Warning  BackOff  2m (x30 over 12m)  kubelet  Back-off restarting failed container web in pod web-1`,
  'cart-5bb6c-zzzzz': `Name:             cart-5bb6c-zzzzz
Containers:
  cart:
    Image:          registry.example/cart:nope
    State:          Waiting
      Reason:       ImagePullBackOff
    Ready:          False
    Restart Count:  0
Events:
  Type     Reason   Age   From     Message
  ----     ------   ----  ----     -------
  Warning  Failed   11m   kubelet  Failed to pull image "registry.example/cart:nope": manifest unknown`,
  'checkout-77-qqqqq': `Name:             checkout-77-qqqqq
Containers:
  checkout:
    Image:          shop/checkout:2
    State:          Waiting
      Reason:       CreateContainerConfigError
    Ready:          False
    Restart Count:  0
Events:
  Type     Reason  Age   From     Message
  Warning  Failed  1m    kubelet  Error: secret "payment-key" not found`,
  'search-9c-ppppp': `apiVersion: v1
kind: Pod
metadata:
  name: search-9c-ppppp
spec:
  containers:
  - image: shop/search:9
    name: search
status:
  conditions:
  - status: "False"
    type: Ready
  containerStatuses:
  - containerID: containerd://def
    image: shop/search:9
    lastState:
      terminated:
        exitCode: 137
        reason: OOMKilled
    name: search
    ready: false
    restartCount: 3
    state:
      waiting:
        reason: CrashLoopBackOff`,
  'batch-big': `Name:   batch-big
Status: Pending
Conditions:
  Type           Status
  PodScheduled   False
Events:
  Type     Reason            Age   From               Message
  Warning  FailedScheduling  12m   default-scheduler  0/1 nodes are available: 1 Insufficient memory.`,
  'front-6f-aaaaa': `Name:   front-6f-aaaaa
Containers:
  front:
    Image:          shop/front:1
    State:          Running
    Ready:          False
    Restart Count:  0`,
  lost: `Name:         lost
Namespace:    kagent
Kind:         Agent
Status:
  Conditions:
    Last Transition Time:  2026-01-01T10:00:00Z
    Message:               ModelConfig "gone" not found
    Reason:                ModelConfigNotFound
    Status:                False
    Type:                  Accepted
    Last Transition Time:  2026-01-01T10:00:00Z
    Message:               deployment has no replicas
    Reason:                DeploymentNotReady
    Status:                False
    Type:                  Ready`,
};

const EVENTS: Record<string, string> = {
  shop: `LAST SEEN   TYPE      REASON      OBJECT               MESSAGE
2m          Warning   BackOff     pod/web-1            Back-off restarting failed container
1m          Warning   Unhealthy   pod/front-6f-aaaaa   Readiness probe failed: HTTP probe failed with statuscode: 503
1m          Normal    Pulled      pod/solo             Image pulled`,
  blue: 'No resources found in blue namespace.',
};

const LOGS: Record<string, string> = {
  'web-1': 'starting\nloading config\npanic: DATABASE_URL is not set\n',
  'k8s-agent-6d5f9-x2x1z': 'ready on 8080\n',
};

/** Runs one tool the way the tool server of kagent does; failures are text that starts with `Error`. */
export function runTool(name: string, args: Record<string, unknown>): string {
  const kind = String(args['resource_type'] ?? '');
  const object = String(args['resource_name'] ?? args['pod_name'] ?? '');
  const namespace = args['namespace'] as string | undefined;
  switch (name) {
    case 'k8s_get_resources': {
      const table = TABLES[kind];
      if (table === undefined) return `Error: the server doesn't have a resource type "${kind}"`;
      const [header = '', ...rows] = table.split('\n');
      const shown =
        namespace === undefined ? rows : rows.filter((row) => row.startsWith(`${namespace} `));
      return shown.length === 0
        ? `No resources found in ${namespace} namespace.`
        : [header, ...shown].join('\n');
    }
    case 'k8s_describe_resource':
      return DESCRIBED[object] ?? `Name: ${object}\nNamespace: ${namespace}`;
    case 'k8s_get_resource_yaml':
      return `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${object}`;
    case 'k8s_get_pod_logs':
      return LOGS[object] ?? '';
    case 'k8s_get_events':
      return EVENTS[namespace ?? 'shop'] ?? 'No resources found';
    case 'k8s_get_available_api_resources':
      return 'NAME   SHORTNAMES   APIVERSION   NAMESPACED   KIND\npods   po           v1           true         Pod';
    case 'get_weather':
      return `Sunny in ${String(args['city'])}`;
    default:
      return `${name} ${JSON.stringify(args)}`;
  }
}

export interface Talk {
  /** `name {args}` of every call, one inner list a turn. */
  turns: string[][];
  answer: string;
  messages: BrainMessage[];
}

export interface TalkOptions {
  tools?: BrainTool[];
  before?: BrainMessage[];
  run?: (name: string, args: Record<string, unknown>) => string;
}

/** Asks a brain one question and runs the tools it calls until it answers. */
export async function talk(
  brain: Brain,
  question: string,
  options: TalkOptions = {},
): Promise<Talk> {
  const run = options.run ?? runTool;
  const messages: BrainMessage[] = [...(options.before ?? []), { role: 'user', text: question }];
  const conversation: Conversation = {
    system: '',
    model: 'm',
    tools: options.tools ?? KUBERNETES_TOOLS,
    messages,
  };
  const turns: string[][] = [];
  for (let turn = 0; turn < 10; turn++) {
    const reply = await brain(conversation);
    const calls = reply.toolCalls ?? [];
    if (calls.length === 0) {
      messages.push({ role: 'assistant', text: reply.text ?? '', toolCalls: [] });
      return { turns, answer: reply.text ?? '', messages };
    }
    turns.push(calls.map((call) => `${call.name} ${JSON.stringify(call.args ?? {})}`));
    const made = calls.map((call, index) => ({
      id: `c${turn}-${index}`,
      name: call.name,
      args: JSON.stringify(call.args ?? {}),
    }));
    messages.push({ role: 'assistant', text: '', toolCalls: made });
    for (const call of made) {
      messages.push({
        role: 'tool',
        callId: call.id,
        name: call.name,
        text: run(call.name, parseJsonObject(call.args) ?? {}),
        isError: false,
      });
    }
  }
  throw new Error(`no answer after ten turns: ${JSON.stringify(turns)}`);
}
