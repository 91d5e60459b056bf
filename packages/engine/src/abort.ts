/** Small tools around AbortSignal, so that every wait ends when its run does and no listener outlives its wait. */

const nothing = (): void => undefined;

/** The reason of signals whose work is done; nobody waits for it. */
const DONE = new Error('done');

/** Settles like `promise`, or rejects with the signal's reason when that aborts first. A late rejection is swallowed. */
export function untilAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      promise.then(nothing, nothing);
      reject(asError(signal.reason));
      return;
    }
    const onAbort = () => reject(asError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(asError(error));
      },
    );
  });
}

export interface LinkedAbort {
  signal: AbortSignal;
  abort(reason: Error): void;
  /** Call it when the work is done: detaches from the parents and ends the timers that wait on the signal. */
  dispose(): void;
}

/** An abort of its own that also follows its parents. */
export function linkedAbort(...parents: AbortSignal[]): LinkedAbort {
  const controller = new AbortController();
  const links = parents.map((parent) => {
    const follow = () => controller.abort(parent.reason);
    if (parent.aborted) follow();
    else parent.addEventListener('abort', follow, { once: true });
    return { parent, follow };
  });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    dispose: () => {
      for (const { parent, follow } of links) parent.removeEventListener('abort', follow);
      controller.abort(DONE);
    },
  };
}

export function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
