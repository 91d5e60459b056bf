/** `exec` into simulated containers. There is no process: a few commands are answered, everything else is not found. */
import type { Readable } from 'node:stream';

import type { CommandIO, CommandSession, PodStreams } from '../node/streams/pod-streams.ts';
import { writeTo } from '../node/streams/pump.ts';
import { runCommand, runLine, SHELLS } from './simulated-shell.ts';
import type { ShellResult, ShellWorld } from './simulated-shell.ts';

export interface SimulatedStreamsOptions {
  /** The container as a shell in it would see it; undefined when it does not run. */
  world(of: { namespace: string; pod: string; container: string }): ShellWorld | undefined;
  hasPod(of: { namespace: string; pod: string }): boolean;
}

async function give(
  io: CommandIO,
  result: Partial<ShellResult>,
  isTerminal: boolean,
): Promise<void> {
  const shown = (text: string): Buffer =>
    Buffer.from(isTerminal ? text.replaceAll(/\r?\n/g, '\r\n') : text);
  const { stdout = '', stderr = '' } = result;
  if (stdout !== '' && io.stdout) await writeTo(io.stdout, shown(stdout));
  const errors = io.stderr ?? io.stdout;
  if (stderr !== '' && errors) await writeTo(errors, shown(stderr));
}

/** Lines as they are typed. With a terminal it echoes, and knows backspace, Ctrl-C and Ctrl-D. */
async function* typed(
  stdin: Readable,
  echo: ((text: string) => Promise<unknown>) | undefined,
): AsyncIterable<string> {
  let line = '';
  for await (const chunk of stdin) {
    for (const key of Buffer.from(chunk).toString('utf8')) {
      if (key === '\r' || key === '\n') {
        await echo?.('\r\n');
        yield line;
        line = '';
      } else if (echo !== undefined && key === '\u0004' && line === '') return;
      else if (echo !== undefined && key === '\u0003') {
        await echo('^C\r\n');
        yield '';
        line = '';
      } else if (echo !== undefined && (key === '\u007F' || key === '\b')) {
        if (line !== '') await echo('\b \b');
        line = line.slice(0, -1);
      } else if (line.length < 4096) {
        line += key;
        await echo?.(key);
      }
    }
  }
  if (line !== '') yield line;
}

function shell(world: () => ShellWorld | undefined, isTerminal: boolean): CommandSession {
  return async (io) => {
    const { stdin, stdout } = io;
    if (stdin === undefined) return 0;
    const say = (text: string) =>
      stdout ? writeTo(stdout, Buffer.from(text)) : Promise.resolve(false);
    if (isTerminal) await say('/ # ');
    let code = 0;
    for await (const line of typed(stdin, isTerminal ? say : undefined)) {
      const now = world();
      // its container has ended
      if (now === undefined) return 137;
      const isExit = /^\s*exit\b/.test(line);
      const result = runLine(line, now);
      code = line.trim() === '' ? code : result.code;
      if (isExit) return code;
      await give(io, result, isTerminal);
      if (isTerminal) await say('/ # ');
    }
    return code;
  };
}

export function createSimulatedStreams({ world, hasPod }: SimulatedStreamsOptions): PodStreams {
  return {
    exec(target) {
      const { command, tty } = target;
      if (world(target) === undefined) return undefined;
      if (command.length === 1 && SHELLS.has(command[0]!)) return shell(() => world(target), tty);
      return async (io) => {
        io.stdin?.resume();
        const now = world(target);
        const result = now && runCommand(command, now);
        if (result === undefined)
          throw new Error(
            `OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(command[0])}: executable file not found in $PATH`,
          );
        await give(io, result, tty);
        return result.code ?? 0;
      };
    },
    attach: () => undefined,
    portForward(target) {
      if (!hasPod(target)) return undefined;
      return (port) =>
        Promise.reject(
          new Error(
            `port ${port} cannot be forwarded: the pod is simulated by a scenario and nothing listens behind it`,
          ),
        );
    },
  };
}
