/** The frames one watch has yet to send: first the given ones, then what comes, up to a bound. */
import { expired } from '../status-error.ts';
import { WatchFrame } from './watch-frame.ts';

export interface WatchQueueOptions {
  /** More frames than this waiting, or more bytes, means the reader is too slow. */
  maxLag: number;
  maxLagBytes: number;
  signal?: AbortSignal;
  /** What must settle before frames that wait now are sent; nothing when undefined. A rejection ends the watch. */
  settled?(): Promise<void> | undefined;
  /** Called once, when no further frame will be taken. */
  onClose(): void;
}

export class WatchQueue implements AsyncIterable<WatchFrame> {
  readonly #options: WatchQueueOptions;
  #initial: Iterable<WatchFrame> = [];
  #waiting: WatchFrame[] = [];
  #waitingBytes = 0;
  #isOpen = true;
  #wake: (() => void) | undefined;
  #onEnd: (() => void) | undefined;
  readonly #abort = () => {
    this.#waiting = [];
    this.#close();
  };

  constructor(options: WatchQueueOptions) {
    this.#options = options;
    if (options.signal?.aborted === true) this.#isOpen = false;
    else options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Frames to send before everything pushed. */
  startWith(frames: Iterable<WatchFrame>): void {
    this.#initial = frames;
  }

  /** `size` is about what the frame's object takes. */
  push(frame: WatchFrame, size = 0): void {
    if (!this.#isOpen) return;
    const { maxLag, maxLagBytes } = this.#options;
    this.#waitingBytes += size;
    if (this.#waiting.length >= maxLag || this.#waitingBytes > maxLagBytes) {
      this.#waiting = [
        new WatchFrame('ERROR', expired('the watch is too slow: list again').status),
      ];
      this.#close();
      return;
    }
    this.#waiting.push(frame);
    this.#wake?.();
  }

  /** Sends what waits, then `last`, then ends. */
  end(last?: WatchFrame): void {
    if (!this.#isOpen) return;
    if (last) this.#waiting.push(last);
    this.#close();
  }

  /** Calls `listener` once when no further frame will be taken; at once if that is so already. */
  onEnd(listener: () => void): void {
    if (this.#isOpen) this.#onEnd = listener;
    else listener();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchFrame> {
    const { settled } = this.#options;
    try {
      await settled?.();
      for (const frame of this.#initial) {
        if (this.#options.signal?.aborted === true) return;
        yield frame;
      }
      this.#initial = [];
      for (;;) {
        const frames = this.#waiting;
        this.#waiting = [];
        this.#waitingBytes = 0;
        const pending = settled?.();
        if (pending) await pending;
        for (const frame of frames) yield frame;
        if (this.#waiting.length > 0) continue;
        if (!this.#isOpen) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
    } finally {
      this.#close();
    }
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#options.onClose();
    this.#onEnd?.();
    this.#wake?.();
  }
}
