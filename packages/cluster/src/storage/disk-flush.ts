/**
 * Group commit: one flush to the disk for all writes that came while the flush before it ran, in the background, so that
 * a slow disk costs those who wait for it time, and nobody else.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';

import { StorageError } from './storage.ts';

export interface DiskFlush {
  /** Something was written that is not on the disk yet. */
  wrote(): void;
  /**
   * Settles when all that was written so far is on the disk; undefined when it is. Rejects with `unusable` when the disk
   * fails; from then on nothing is known to be safe, and every call rejects.
   */
  done(): Promise<void> | undefined;
  /** For when what was written is on the disk by other means. Waits for the flush that runs. */
  close(): void;
}

/** Throws what `open` of the file throws. */
export function createDiskFlush(path: string): DiskFlush {
  const descriptor = openSync(path, 'r');
  let isDirty = false;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let failure: StorageError | undefined;

  function flush(): Promise<void> {
    next = undefined;
    if (!isDirty) return Promise.resolve();
    isDirty = false;
    running = new Promise<void>((resolve, reject) => {
      fdatasync(descriptor, (error) => {
        running = undefined;
        if (error === null) return resolve();
        failure ??= new StorageError('unusable', `${path} cannot be written: ${error.message}.`, {
          cause: error,
        });
        reject(failure);
      });
    });
    return running;
  }

  return {
    wrote() {
      isDirty = true;
    },
    done() {
      if (failure) return Promise.reject(failure);
      if (!isDirty) return running;
      // the turn of the event loop that is under way may bring more
      next ??= (running ?? turn()).then(flush);
      return next;
    },
    close() {
      isDirty = false;
      const release = () => closeSync(descriptor);
      if (running === undefined) release();
      else void running.then(release, release);
    },
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
