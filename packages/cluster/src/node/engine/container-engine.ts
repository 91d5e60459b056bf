/**
 * podman, docker or a program that understands the same commands. It is found when the first image needs it, and asked
 * again a minute later: engines come and go while a cluster runs.
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join } from 'node:path';

import type { Clock } from '@kagent/kube';

import { captureOutput } from '../capture-output.ts';
import type { CapturedOutput } from '../capture-output.ts';

/** `auto` takes podman or docker, whichever answers first; otherwise a name or path of the program. */
export type EngineChoice = 'auto' | 'none' | (string & {});

export interface ContainerEngine {
  /** `podman`, `docker` */
  name: string;
  path: string;
  /** Environment of the program itself. */
  env: Readonly<Record<string, string>>;
  /** False once it turned out that containers cannot have a network of their own here. */
  hasBridge: boolean;
  /** Runs `<engine> <args>`, without a shell. Never rejects. */
  call(args: string[], timeoutMs?: number): Promise<CapturedOutput>;
}

export interface EngineFinder {
  /** The engine that answers now; undefined when none does. */
  find(): Promise<ContainerEngine | undefined>;
}

const KNOWN = ['podman', 'docker'];
const SYSTEM_PATHS = ['/usr/sbin', '/sbin'];
const REMEMBERED_MS = 60_000;
const INFO_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 60_000;

async function locate(name: string, path: string): Promise<string | undefined> {
  const places = isAbsolute(name)
    ? [name]
    : path.split(delimiter).map((folder) => join(folder, name));
  for (const place of places) {
    if (!isAbsolute(place)) continue;
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return undefined;
}

/** What the engine complains about, in one line and without the `Error: ` in front. */
export function engineProblem({ stderr, code }: Pick<CapturedOutput, 'stderr' | 'code'>): string {
  const lines = stderr.trim().split('\n');
  const telling = lines.filter((line) => /^(Error|error|Error response|docker:)/.test(line));
  const text = (telling.at(-1) ?? lines.at(-1) ?? '').replace(/^Error: /, '').trim();
  return text === '' ? `exit code ${code}` : text;
}

/** `env` must have the PATH to search; without one there is no engine. */
export function createEngineFinder(options: {
  choice: EngineChoice;
  env: Readonly<Record<string, string>>;
  clock: Clock;
}): EngineFinder {
  const { choice, clock } = options;
  // Engines set networks up with programs that are not in everybody's path.
  const { PATH: path = '' } = options.env;
  const env = { ...options.env, PATH: path === '' ? '' : [path, ...SYSTEM_PATHS].join(delimiter) };
  const engines = new Map<string, ContainerEngine>();
  let answer: Promise<ContainerEngine | undefined> | undefined;
  let askedAt = 0;

  async function ask(): Promise<ContainerEngine | undefined> {
    for (const name of choice === 'auto' ? KNOWN : [choice]) {
      const program = await locate(name, path);
      if (program === undefined) continue;
      const info = await captureOutput([program, 'info', '--format', '{{json .}}'], {
        env,
        timeoutMs: INFO_TIMEOUT_MS,
      });
      if (info.code !== 0) continue;
      const known = engines.get(program);
      if (known !== undefined) return known;
      const call = (args: string[], timeoutMs = CALL_TIMEOUT_MS): Promise<CapturedOutput> =>
        captureOutput([program, ...args], { env, timeoutMs });
      const engine = { name: basename(program), path: program, env, hasBridge: true, call };
      engines.set(program, engine);
      return engine;
    }
    return undefined;
  }

  return {
    find() {
      if (choice === 'none') return Promise.resolve(undefined);
      if (answer === undefined || clock.now() - askedAt >= REMEMBERED_MS) {
        askedAt = clock.now();
        answer = ask();
      }
      return answer;
    },
  };
}
