/** Lets clients of `kubectl attach` see what a container writes, from the moment they come. */
import type { Readable, Writable } from 'node:stream';

/** Lines a client may lag behind where the writer can't be made to wait. */
const MAX_LAG_BYTES = 1024 * 1024;

/** Where a container's output goes beside its log. */
export interface OutputTap {
  /** Copies what comes from now on. Returns how to end that. */
  attach(targets: { stdout?: Writable; stderr?: Writable }): () => void;
  /** A client is behind, and the container's output waits for it. */
  isBlocked(): boolean;
}

/** Taps two streams that somebody else reads by `data` events. A client that is behind holds the container's output up. */
export function tapStreams(stdout: Readable, stderr: Readable): OutputTap {
  const blocked = new Set<Writable>();
  const tapped = (source: Readable, target: Writable | undefined): (() => void) => {
    if (!target) return () => {};
    const free = (): void => {
      blocked.delete(target);
      if (blocked.size > 0) return;
      stdout.resume();
      stderr.resume();
    };
    const onData = (chunk: Buffer): void => {
      if (target.destroyed || target.writableEnded) return;
      if (target.write(chunk)) return;
      blocked.add(target);
      source.pause();
    };
    source.on('data', onData);
    target.on('drain', free);
    target.on('close', free);
    return () => {
      source.off('data', onData);
      target.off('drain', free);
      target.off('close', free);
      free();
    };
  };
  return {
    attach(targets) {
      const ends = [tapped(stdout, targets.stdout), tapped(stderr, targets.stderr)];
      return () => ends.forEach((end) => end());
    },
    isBlocked: () => blocked.size > 0,
  };
}

/** A tap for output that comes as lines and can't wait: a client that is too far behind loses its connection. */
export function createLineTap(): OutputTap & { write(line: string): void } {
  const targets = new Set<Writable>();
  return {
    attach({ stdout }) {
      if (!stdout) return () => {};
      targets.add(stdout);
      return () => targets.delete(stdout);
    },
    isBlocked: () => false,
    write(line) {
      for (const target of targets) {
        if (target.destroyed || target.writableEnded) targets.delete(target);
        else if (target.writableLength > MAX_LAG_BYTES)
          target.destroy(new Error('the client reads too slowly'));
        else target.write(`${line}\n`);
      }
    },
  };
}
