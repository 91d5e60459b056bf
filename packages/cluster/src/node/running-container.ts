/** What the node holds of a running container, whichever way it runs. */

import type { CapturedOutput } from './capture-output.ts';
import type { ContainerInput } from './streams/container-input.ts';
import type { OutputTap } from './streams/output-tap.ts';

export interface ContainerExit {
  exitCode: number;
  /** Why it could not start, or what it left as its last words. */
  message?: string;
  /** Instead of `Completed` and `Error`: `OOMKilled`. */
  reason?: string;
}

export interface RunningContainer {
  /** Settles once, when the container has ended. Never rejects. */
  exited: Promise<ContainerExit>;
  /**
   * Asks the container to end and waits; after `graceMs` it is killed (exit code 137). Whoever calls again may have less
   * patience. Never rejects.
   */
  stop(graceMs: number): Promise<void>;
  /** What it writes, for clients that attach. */
  tap: OutputTap;
  /** Its standard input; only where the pod asked for one. */
  stdin?: ContainerInput;
  /** Runs a command inside; only where there is an inside. */
  exec?(command: string[], timeoutMs: number): Promise<CapturedOutput>;
}
