/** `PodStreams` over the pods that run on this node. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Clock } from '@kagent/kube';

import type { HostPort } from '../addresses.ts';
import type { StartedContainer } from '../container-runner.ts';
import type { CommandIO, PodStreams } from './pod-streams.ts';
import { writeTo } from './pump.ts';
import { runCommand } from './run-command.ts';
import { findScript } from './terminal.ts';
import type { ScriptFlavour } from './terminal.ts';

/** A pod of this node. */
export interface StreamedPod {
  podIP: string;
  running(container: string): StartedContainer | undefined;
}

export interface NodeStreamsOptions {
  clock: Clock;
  /** By `namespace/name`. */
  pod(key: string): StreamedPod | undefined;
  /** Where a connection to a pod's address really goes. */
  route(ip: string, port: number): HostPort;
  /** How terminals are made here; asked once. */
  script?: () => Promise<ScriptFlavour | undefined>;
}

export function createNodeStreams(options: NodeStreamsOptions): PodStreams {
  const { clock, pod, route } = options;
  let flavour: Promise<ScriptFlavour | undefined> | undefined;
  const running = (target: { namespace: string; pod: string; container: string }) =>
    pod(`${target.namespace}/${target.pod}`)?.running(target.container);
  return {
    exec(target) {
      const container = running(target);
      if (!container) return undefined;
      return async (io) => {
        const placed = await container.place(target.command, { tty: target.tty });
        flavour ??= (options.script ?? findScript)();
        const script = target.tty ? await flavour : undefined;
        const ended = container.exited;
        return runCommand({ ...placed, tty: target.tty, script, ended, clock }, io);
      };
    },
    attach(target) {
      const container = running(target);
      return container && ((io) => attach(container, io));
    },
    portForward(target) {
      const found = pod(`${target.namespace}/${target.pod}`);
      return found && ((port) => dial(route(found.podIP, port)));
    },
  };
}

async function attach({ tap, stdin, exited }: StartedContainer, io: CommandIO): Promise<number> {
  const detach = tap.attach(io);
  if (io.stdin && stdin) void stdin.take(io.stdin);
  else io.stdin?.resume();
  const gone = new Promise<void>((resolve) => {
    io.signal.addEventListener('abort', () => resolve(), { once: true });
    for (const target of [io.stdout, io.stderr]) target?.once('close', resolve);
    if (io.signal.aborted) resolve();
  });
  await Promise.race([exited, gone]);
  detach();
  for (const target of [io.stdout, io.stderr])
    if (target && !target.destroyed) await writeTo(target, Buffer.alloc(0));
  return 0;
}

/** Rejects in the words of Go's dialer, which people see from kubectl everywhere. */
function dial({ host, port }: HostPort): Promise<Duplex> {
  const socket = connect({ host, port, allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ECONNREFUSED' ? 'connection refused' : error.message;
      const text = `failed to connect to ${host}:${port}: dial tcp4 ${host}:${port}: connect: ${reason}`;
      reject(new Error(text, { cause: error }));
    });
  });
}
