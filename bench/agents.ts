/** Agents to measure with: their manifests, waiting until they are Ready, talking to them. */
import {
  createInformer,
  type Informer,
  type KubeClient,
  silentLogger,
  systemClock,
} from '@kagent/kube';
import { AGENTS, type Agent, MODEL_CONFIGS, type ModelConfig } from '@kagent/spec';
import type { BenchPlatform } from './children.ts';

export const NAMESPACE = 'kagent';
const FIELD_MANAGER = 'kagent-bench';
const READY_TIMEOUT_MS = 60_000;

/** An OpenAI-compatible ModelConfig without a key. */
export async function applyModel(
  kube: KubeClient,
  { name, url }: { name: string; url: string },
): Promise<void> {
  const object = {
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'ModelConfig',
    metadata: { namespace: NAMESPACE, name },
    spec: { provider: 'OpenAI', model: 'bench', openAI: { baseUrl: url } },
  } as ModelConfig;
  await kube.apply(MODEL_CONFIGS, object, { fieldManager: FIELD_MANAGER });
}

export async function applyAgent(
  kube: KubeClient,
  { name, model }: { name: string; model: string },
): Promise<void> {
  const object = {
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'Agent',
    metadata: { namespace: NAMESPACE, name },
    spec: {
      type: 'Declarative',
      description: 'An agent to measure with',
      declarative: { modelConfig: model, stream: true, systemMessage: 'You answer shortly.' },
    },
  } as Agent;
  await kube.apply(AGENTS, object, { fieldManager: FIELD_MANAGER });
}

export interface ReadyWatch extends AsyncDisposable {
  /** Resolves when that agent is Ready; rejects after a minute with its conditions. */
  ready(name: string): Promise<void>;
}

/** Follows the Agents with one watch. */
export async function watchAgents(kube: KubeClient): Promise<ReadyWatch> {
  const informer: Informer<Agent> = createInformer({
    client: kube,
    type: AGENTS,
    clock: systemClock,
    logger: silentLogger,
  });
  const waiting = new Map<string, () => void>();
  informer.onChange((change) => {
    if (change.type !== 'deleted' && isReady(change.object))
      waiting.get(change.object.metadata.name)?.();
  });
  await informer.synced;
  return {
    async ready(name) {
      const key = { namespace: NAMESPACE, name };
      const known = informer.get(key);
      if (known && isReady(known)) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => {
        reject(
          new Error(
            `${name} is not Ready: ${JSON.stringify(informer.get(key)?.status ?? 'no status')}`,
          ),
        );
      }, READY_TIMEOUT_MS);
      waiting.set(name, resolve);
      await promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(name);
      });
    },
    [Symbol.asyncDispose]: () => informer.stop(),
  };
}

function isReady({ status }: Agent): boolean {
  return (
    status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ??
    false
  );
}

/** An A2A call as JSON-RPC, in a session of its own. */
export function a2a(method: 'message/send' | 'message/stream', text: string) {
  const message = {
    kind: 'message',
    messageId: crypto.randomUUID(),
    role: 'user',
    parts: [{ kind: 'text', text }],
  };
  return { jsonrpc: '2.0', id: 1, method, params: { message } };
}

/** The same question for the model itself, as the engine sends it. */
export function chat(text: string) {
  return { model: 'bench', stream: true, messages: [{ role: 'user', content: text }] };
}

export function agentUrl({ urls }: BenchPlatform, name: string): string {
  return `${urls.api}/api/a2a/${NAMESPACE}/${name}`;
}
