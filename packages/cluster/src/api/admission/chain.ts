/** Runs the plugins of admission in order, and stays synchronous as long as they do. */
import { after, inTurn } from '../eventual.ts';
import type { Eventual } from '../eventual.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';

export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];

  /** Plugins in the order they run, the same for all stages. */
  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  /** Whether a plugin may change the request's object. */
  mutates(request: AdmissionRequest): boolean {
    return this.#plugins.some((plugin) => wantsToMutate(plugin, request));
  }

  /**
   * Lets every plugin change `request.object`, and once more when a webhook has changed it. Throws or rejects with the
   * first refusal.
   */
  mutate(request: AdmissionRequest): Eventual<void> {
    const plugins = this.#plugins.filter((plugin) => wantsToMutate(plugin, request));
    const run = () => inTurn(plugins, (plugin) => plugin.mutate?.(request));
    return after(run(), () => {
      if (request.reinvocation !== 'wanted') return;
      request.reinvocation = 'running';
      return run();
    });
  }

  /** Throws or rejects with the first refusal. */
  validate(request: AdmissionRequest): Eventual<void> {
    return inTurn(this.#plugins, (plugin) => plugin.validate?.(request));
  }

  /** To be called right before the write. Throws the first refusal. */
  commit(request: AdmissionRequest): void {
    for (const plugin of this.#plugins) plugin.commit?.(request);
  }

  /** All stages for a request that stores nothing itself: CONNECT, and the creation of Bindings, Evictions and tokens. */
  admit(request: AdmissionRequest): Eventual<void> {
    return after(this.mutate(request), () =>
      after(this.validate(request), () => this.commit(request)),
    );
  }
}

function wantsToMutate(plugin: AdmissionPlugin, request: AdmissionRequest): boolean {
  return plugin.mutate !== undefined && (plugin.mutates?.(request) ?? true);
}

/** A connection to a pod, node or service: `exec`, `attach`, `portforward`, `proxy`. */
export type ConnectRequest = Omit<AdmissionRequest, 'operation' | 'dryRun' | 'oldObject'> & {
  subresource: string;
};

/**
 * Asks admission about a connection, as `CONNECT`. `object` holds the options of the connection, e.g. a `PodExecOptions`.
 * Rejects with the refusal.
 */
export async function admitConnect(chain: AdmissionChain, request: ConnectRequest): Promise<void> {
  await chain.admit({ ...request, operation: 'CONNECT', dryRun: false });
}
