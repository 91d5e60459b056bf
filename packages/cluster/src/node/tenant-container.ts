/** Runs a container as a tenant of this process. */
import type { Clock } from '@kagent/kube';

import type { ContainerExit, RunningContainer } from './running-container.ts';
import { createLineTap } from './streams/output-tap.ts';
import type { ContainerContext, StartTenant } from './tenant.ts';

/** Exit code of a container that had to be killed. */
const KILLED = 137;

/**
 * Starts the tenant. Rejects with its error when it does not start. `controller` is the one behind `context.signal`.
 * A tenant that outlives its grace period is given up: nothing waits for it any longer, its signal is aborted.
 */
export async function startTenantContainer(options: {
  start: StartTenant;
  context: ContainerContext;
  controller: AbortController;
  clock: Clock;
}): Promise<RunningContainer> {
  const { controller, clock } = options;
  const tap = createLineTap();
  const context: ContainerContext = {
    ...options.context,
    log(line) {
      options.context.log(line);
      tap.write(line);
    },
  };
  const tenant = await options.start(context);
  const { promise: killed, resolve: kill } = Promise.withResolvers<ContainerExit>();
  const ended = tenant.exited.then(
    (exitCode): ContainerExit => ({ exitCode }),
    (error: unknown): ContainerExit => ({
      exitCode: 1,
      message: error instanceof Error ? error.message : String(error),
    }),
  );
  const exited = Promise.race([ended, killed]);
  let stopped: Promise<void> | undefined;

  async function stop(graceMs: number): Promise<void> {
    controller.abort(new Error('the container is being stopped'));
    stopped ??= tenant.stop().then(
      () => kill({ exitCode: 0 }),
      (error: unknown) =>
        kill({ exitCode: 1, message: error instanceof Error ? error.message : String(error) }),
    );
    const timer = new AbortController();
    const grace = clock.sleep(graceMs, timer.signal).then(
      () => kill({ exitCode: KILLED }),
      () => {},
    );
    await Promise.race([exited, stopped, grace]);
    timer.abort();
    await exited;
  }

  return {
    exited,
    tap,
    stop,
  };
}
