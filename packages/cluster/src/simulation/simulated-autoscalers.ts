/** The controller of the autoscalers in a scenario's namespaces: looks every 15 seconds, as in Kubernetes. */
import { isDeepStrictEqual } from 'node:util';

import type { Informer, KubeClient } from '@kagent/kube';

import { parseQuantity } from '../node/downward.ts';
import type { EventRecorder } from '../workloads/event-recorder.ts';
import { DEPLOYMENTS } from '../workloads/objects.ts';
import type { Deployment } from '../workloads/objects.ts';
import { matchesSelector } from '../workloads/selectors.ts';
import { autoscale, AUTOSCALERS } from './autoscaler.ts';
import type { Autoscaler, ScaledPod, ScaleView } from './autoscaler.ts';
import type { SimulatedPod } from './simulated-pod.ts';
import type { Timeline } from './timeline.ts';

export interface SimulatedAutoscalersOptions {
  client: KubeClient;
  timeline: Timeline;
  recorder: EventRecorder;
  autoscalers: Informer<Autoscaler>;
  deployments: Informer<Deployment>;
  namespaces: readonly string[];
  pods(): Iterable<SimulatedPod>;
  /** CPU in cores or memory in bytes that a pod uses now; undefined while it is not measured. */
  usage(pod: SimulatedPod, resource: string): number | undefined;
  act(action: () => Promise<void>): void;
  haste: number;
}

const PERIOD_MS = 15_000;

export class SimulatedAutoscalers {
  readonly #options: SimulatedAutoscalersOptions;
  #isArmed = false;

  constructor(options: SimulatedAutoscalersOptions) {
    this.#options = options;
  }

  /** Begins when there is one; looks soon, because one has changed. Safe to repeat. */
  wake(): void {
    if (this.#isArmed || this.#all().length === 0) return;
    this.#isArmed = true;
    this.#arm(true);
  }

  #all(): Autoscaler[] {
    const { autoscalers, namespaces } = this.#options;
    return namespaces.flatMap((namespace) => autoscalers.list(namespace));
  }

  #arm(isSoon: boolean): void {
    const { timeline, haste } = this.#options;
    timeline.after(isSoon && timeline.isLive ? PERIOD_MS / haste : PERIOD_MS, () => {
      const changes = this.#all().map((autoscaler) => this.#look(autoscaler));
      if (changes.length === 0) this.#isArmed = false;
      else this.#arm(changes.includes(true));
    });
  }

  /** Whether anything has changed. */
  #look(autoscaler: Autoscaler): boolean {
    const { recorder, client, act, timeline } = this.#options;
    const decision = autoscale(autoscaler, this.#view(autoscaler));
    for (const event of decision.events) recorder.record(autoscaler, event);
    const { namespace, name } = autoscaler.metadata;
    if (isDeepStrictEqual(decision.status, autoscaler.status)) return false;
    const body = { status: { currentMetrics: null, ...decision.status } };
    act(async () => {
      if (decision.replicas !== undefined) {
        const replicas = { spec: { replicas: decision.replicas } };
        const target = { namespace, name: autoscaler.spec.scaleTargetRef.name };
        await client.patch(
          DEPLOYMENTS,
          { ...target, patch: { type: 'merge', body: replicas } },
          { subresource: 'scale' },
        );
      }
      await client.patch(
        AUTOSCALERS,
        { namespace, name, patch: { type: 'merge', body } },
        { subresource: 'status' },
      );
    });
    return timeline.isLive;
  }

  #view({ metadata, spec }: Autoscaler): ScaleView {
    const { namespace = '' } = metadata;
    const { kind, name } = spec.scaleTargetRef;
    const target =
      kind === 'Deployment' ? this.#options.deployments.get({ namespace, name }) : undefined;
    return {
      target: target && { replicas: target.spec.replicas ?? 1 },
      now: this.#options.timeline.now(),
      pods: (resource) => (target === undefined ? [] : this.#podsOf(target, resource)),
    };
  }

  #podsOf(target: Deployment, resource: string): ScaledPod[] {
    const { pods, usage } = this.#options;
    const found: ScaledPod[] = [];
    for (const simulated of pods()) {
      const { pod } = simulated;
      const { namespace, labels, deletionTimestamp } = pod.metadata;
      if (namespace !== target.metadata.namespace || deletionTimestamp !== undefined) continue;
      if (!matchesSelector(target.spec.selector, labels)) continue;
      const requests = pod.spec.containers.map(({ name, resources }) => {
        const request = resources?.requests?.[resource];
        return [name, request === undefined ? undefined : parseQuantity(request)] as const;
      });
      const isReady = simulated.containers().every(({ record }) => record.ready);
      found.push({
        pod,
        isReady,
        requests: Object.fromEntries(requests),
        usage: usage(simulated, resource),
      });
    }
    return found;
  }
}
