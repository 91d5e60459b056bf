/** Moves bytes between a program and a client, no faster than the slower of the two. */
import type { Readable, Writable } from 'node:stream';

import type { Clock } from '@kagent/kube';

/** How long output may be silent after its program has ended: somebody else still holds the pipe then. */
const SILENCE_MS = 1000;

export interface Pump {
  /** Resolves when the source has ended and everything was taken. Never rejects. */
  done: Promise<void>;
  /** Bytes moved so far. */
  moved(): number;
  /** The receiver is behind. */
  isBlocked(): boolean;
}

/** Writes and waits until it was taken; false when the receiver is gone. */
export function writeTo(target: Writable, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    if (target.destroyed || target.writableEnded) {
      resolve(false);
      return;
    }
    target.write(chunk, (error) => resolve(!error));
  });
}

/** Copies `source` to `target` without ending it. When the receiver goes, the rest is read and dropped. */
export function pump(source: Readable, target: Writable): Pump {
  let moved = 0;
  let isBlocked = false;
  async function run(): Promise<void> {
    let isGone = false;
    try {
      for await (const chunk of source) {
        const bytes = Buffer.from(chunk);
        isBlocked = true;
        if (!isGone) isGone = !(await writeTo(target, bytes));
        isBlocked = false;
        moved += bytes.length;
      }
    } catch {
      // The source was destroyed, which is one way to end.
    }
  }
  return { done: run(), moved: () => moved, isBlocked: () => isBlocked };
}

/** Waits for the pumps of a program that has ended, but not for a grandchild that keeps its output open and is silent. */
export async function settle(pumps: Pump[], clock: Clock): Promise<void> {
  const done = Promise.all(pumps.map((one) => one.done)).then(() => true);
  for (;;) {
    const before = pumps.map((one) => one.moved());
    const timer = new AbortController();
    const silence = clock.sleep(SILENCE_MS, timer.signal).then(
      () => false,
      () => false,
    );
    const isDone = await Promise.race([done, silence]);
    timer.abort();
    const isQuiet = pumps.every((one, index) => !one.isBlocked() && one.moved() === before[index]);
    if (isDone || isQuiet) return;
  }
}

/** Copies the client's input to a program, which may stop listening at any time, and ends it with the input. */
export async function pumpInput(source: Readable, target: Writable): Promise<void> {
  target.on('error', () => {});
  try {
    for await (const chunk of source) await writeTo(target, Buffer.from(chunk));
  } catch {
    // The client is gone.
  }
  target.end();
}
