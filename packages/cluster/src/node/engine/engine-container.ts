/**
 * A container of podman or docker from start to end: `run` in the foreground, whose output is the container's, and the
 * state the engine reports. The container is removed when it has ended.
 */
import type { Clock } from '@kagent/kube';

import { startProcessContainer } from '../process-container.ts';
import type { ProcessOptions } from '../process-container.ts';
import type { ContainerExit, RunningContainer } from '../running-container.ts';
import { engineProblem } from './container-engine.ts';
import type { ContainerEngine } from './container-engine.ts';
import type { EngineNetwork } from './run-arguments.ts';

export interface EngineContainerOptions {
  engine: ContainerEngine;
  name: string;
  /** The first one is tried first; another one when the container cannot be given that network. */
  networks: EngineNetwork[];
  /** Called for each attempt. */
  prepare(network: EngineNetwork): Promise<{ args: string[]; env: Record<string, string> }>;
  /** `terminationMessagePath` on this machine. */
  messageFile: string;
  stdin: ProcessOptions['stdin'];
  clock: Clock;
  log(line: string): void;
}

export interface EngineContainer extends RunningContainer {
  id: string;
  /** Main process as this machine sees it; 0 when it cannot or is gone. */
  pid: number;
}

interface State {
  id: string;
  isRunning: boolean;
  hasRun: boolean;
  pid: number;
  exitCode: number;
  isOutOfMemory: boolean;
  error: string;
}

const FIRST_LOOK_MS = 30;
const LONGEST_LOOK_MS = 500;
/** Beyond the grace period, until the engine itself is taken for stuck. */
const STOP_SLACK_MS = 10_000;
const NEVER = '0001-01-01';
/** The engine's own failures, as against those of the program in the container. */
const ENGINE_FAILED = 125;
const MAX_QUEUED_LINES = 10_000;

async function stateOf(engine: ContainerEngine, name: string): Promise<State | undefined> {
  const format = '{{.Id}} {{json .State}}';
  const result = await engine.call(['container', 'inspect', '--format', format, name]);
  if (result.code !== 0) return undefined;
  const space = result.stdout.indexOf(' ');
  try {
    const state: unknown = JSON.parse(result.stdout.slice(space + 1));
    const fields = typeof state === 'object' && state !== null ? state : {};
    const field = (name: string): unknown => Reflect.get(fields, name);
    return {
      id: result.stdout.slice(0, space),
      isRunning: field('Running') === true,
      hasRun: !String(field('StartedAt') ?? NEVER).startsWith(NEVER),
      pid: Number(field('Pid') ?? 0),
      exitCode: Number(field('ExitCode') ?? 0),
      isOutOfMemory: field('OOMKilled') === true,
      error: String(field('Error') ?? ''),
    };
  } catch {
    return undefined;
  }
}

/** Lines are kept until it is known whose they are: the container's, or the engine's complaint. */
class OutputQueue {
  #lines: string[] | undefined = [];
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  write(line: string): void {
    if (this.#lines === undefined) this.#log(line);
    else {
      this.#lines.push(line);
      if (this.#lines.length > MAX_QUEUED_LINES) this.release();
    }
  }

  release(): void {
    const lines = this.#lines ?? [];
    this.#lines = undefined;
    for (const line of lines) this.#log(line);
  }

  text(): string {
    return this.#lines?.join('\n') ?? '';
  }
}

interface Attempt {
  cli: RunningContainer;
  state: State;
}

/** Rejects with the engine's complaint when there never was a process. */
async function attempt(options: EngineContainerOptions, network: EngineNetwork): Promise<Attempt> {
  const { engine, name, clock, messageFile, stdin } = options;
  const { args, env } = await options.prepare(network);
  const output = new OutputQueue((line) => options.log(line));
  const cli = await startProcessContainer({
    argv: [engine.path, ...args],
    env: { ...engine.env, ...env },
    messageFile,
    clock,
    ...(stdin && { stdin }),
    log: (line) => output.write(line),
  });
  const ended = new AbortController();
  const exit = cli.exited.then((exited) => {
    ended.abort();
    return exited;
  });
  let state = await stateOf(engine, name);
  for (let delay = FIRST_LOOK_MS; !state?.hasRun && !ended.signal.aborted; delay *= 2) {
    await clock.sleep(Math.min(delay, LONGEST_LOOK_MS), ended.signal).catch(() => {});
    state = await stateOf(engine, name);
  }
  // It may have come and gone between two looks.
  if (!state?.hasRun) state = await stateOf(engine, name);
  if (state?.hasRun) {
    output.release();
    return { cli, state };
  }
  const { exitCode } = await exit;
  await engine.call(['rm', '--force', name]);
  const problem = engineProblem({ code: exitCode, stderr: output.text() });
  throw new EngineFailure(problem, exitCode);
}

class EngineFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A port that is taken is taken on every network; everything else may be for lack of a network. */
function mayBeNetwork(error: unknown): boolean {
  return (
    error instanceof EngineFailure &&
    [ENGINE_FAILED, 126].includes(error.exitCode) &&
    !/in use|already allocated|invalid reference|no such image|image not known/i.test(error.message)
  );
}

async function firstThatWorks(options: EngineContainerOptions): Promise<Attempt> {
  const [first = 'host', ...others] = options.networks;
  try {
    return await attempt(options, first);
  } catch (error) {
    const [second] = others;
    if (second === undefined || !mayBeNetwork(error)) throw error;
    const started = await attempt(options, second).catch(() => {
      throw error;
    });
    options.engine.hasBridge = false;
    return started;
  }
}

/** Rejects when the engine cannot start it, with the engine's words. */
export async function startEngineContainer(
  options: EngineContainerOptions,
): Promise<EngineContainer> {
  const { engine, name, clock } = options;
  const { cli, state } = await firstThatWorks(options);
  const exited = cli.exited.then(async ({ exitCode, message }): Promise<ContainerExit> => {
    const last = await stateOf(engine, name);
    await engine.call(['rm', '--force', name]);
    const isOutOfMemory = last?.isOutOfMemory === true;
    const code = last?.hasRun && !last.isRunning ? last.exitCode : exitCode;
    return { exitCode: code, message, ...(isOutOfMemory && { reason: 'OOMKilled' }) };
  });
  let isAsked = false;

  async function stop(graceMs: number): Promise<void> {
    if (isAsked) return kill(graceMs);
    isAsked = true;
    const seconds = Math.ceil(graceMs / 1000);
    const timer = new AbortController();
    const stopped = engine.call(['stop', '-t', String(seconds), name], graceMs + STOP_SLACK_MS);
    const stuck = clock.sleep(graceMs + STOP_SLACK_MS, timer.signal).then(
      () => cli.stop(0),
      () => {},
    );
    await Promise.race([exited, stopped.then(() => exited), stuck]);
    timer.abort();
    await exited;
  }

  /** For those who cannot wait as long as the first who asked. */
  async function kill(graceMs: number): Promise<void> {
    const timer = new AbortController();
    const late = clock.sleep(graceMs, timer.signal).then(
      () => engine.call(['kill', name]),
      () => {},
    );
    await Promise.race([exited, late]);
    timer.abort();
    await exited;
  }

  return {
    id: state.id,
    pid: state.pid,
    exited,
    tap: cli.tap,
    ...(cli.stdin && { stdin: cli.stdin }),
    stop,
    exec: (command, timeoutMs) => engine.call(['exec', name, ...command], timeoutMs),
  };
}
