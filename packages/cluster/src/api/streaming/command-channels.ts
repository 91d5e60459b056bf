/** Remote command over any wire: runs the session between a client's channels and tells how it ended. */
import type { Readable, Writable } from 'node:stream';

import type { Status } from '@kagent/kube';

import type { TerminalSize } from '../../node/streams/pod-streams.ts';
import { isObject } from '../../schema/json.ts';
import { internalError } from '../status-error.ts';
import type { CommandConnect } from './session.ts';

/** A client's channels, whatever carries them. */
export interface CommandChannels {
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  onResize(listener: (size: TerminalSize) => void): void;
  /** Aborts when the connection is lost. */
  signal: AbortSignal;
  /** Sends the outcome and ends the connection gracefully. */
  finish(outcome: Status): Promise<void>;
}

/** Resolves when the client knows the outcome or is gone. Never rejects. */
export async function runCommand(
  session: CommandConnect,
  channels: CommandChannels,
): Promise<void> {
  const { stdin, stdout, stderr, signal } = channels;
  for (const stream of [stdin, stdout, stderr]) stream?.on('error', () => {});
  let outcome: Status;
  try {
    const exitCode = await session.run({
      stdin,
      stdout,
      stderr,
      signal,
      onResize: (listener) => channels.onResize(listener),
    });
    outcome = exitCode === 0 ? SUCCESS : exitStatus(exitCode);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    outcome = internalError(`error executing command in container: ${reason}`).status;
  }
  if (!signal.aborted) await channels.finish(outcome).catch(() => {});
}

const SUCCESS: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };

/** As kubelet reports a non-zero exit; clients read the code from the cause. */
function exitStatus(exitCode: number): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** `{"Width":80,"Height":24}` as client-go sends it; undefined for anything else. */
export function parseTerminalSize(text: string): TerminalSize | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const [width, height] = [value['Width'], value['Height']];
  const isSize = (side: unknown): side is number =>
    typeof side === 'number' && Number.isInteger(side) && side > 0 && side <= 0xff_ff;
  return isSize(width) && isSize(height) ? { width, height } : undefined;
}

/** Sizes that came before anybody listened are not lost: the last one is told first. */
export function createResizes(): {
  set(size: TerminalSize): void;
  onResize(listener: (size: TerminalSize) => void): void;
} {
  let last: TerminalSize | undefined;
  let notify: (size: TerminalSize) => void = () => {};
  return {
    set(size) {
      last = size;
      notify(size);
    },
    onResize(listener) {
      notify = listener;
      if (last) listener(last);
    },
  };
}
