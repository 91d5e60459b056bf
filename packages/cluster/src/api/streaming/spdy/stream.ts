/** One stream of a SPDY connection as a Node stream: half-close is FIN, destroying is RST_STREAM. */
import { Duplex } from 'node:stream';

import type { SpdyHeaders } from './headers.ts';

/** Initial window of every stream and direction (SPDY draft 3.1, section 2.6.8). */
export const WINDOW_BYTES = 64 * 1024;

/** What a stream asks of its connection. */
export interface StreamHost {
  /** Sends the bytes when the windows allow; calls back when the next may be sent. */
  sendData(streamId: number, bytes: Buffer, done: (error?: Error) => void): void;
  sendFin(streamId: number, done: (error?: Error) => void): void;
  sendReset(streamId: number): void;
  /** The reader took bytes. */
  consumed(streamId: number, bytes: number): void;
  closed(streamId: number): void;
}

export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #host: StreamHost;
  #received = 0;
  #acknowledged = 0;
  #wasReset = false;
  #roomy: (() => void) | undefined;

  constructor(host: StreamHost, { id, headers }: { id: number; headers: SpdyHeaders }) {
    super({
      allowHalfOpen: true,
      readableHighWaterMark: WINDOW_BYTES,
      writableHighWaterMark: WINDOW_BYTES,
    });
    this.#host = host;
    this.id = id;
    this.headers = headers;
    // Resets come as errors to whoever uses the stream; a stream nobody uses must not end the process.
    this.on('error', () => {});
  }

  /** Bytes of the peer. Resolves when the connection may be read on. */
  async receive(bytes: Buffer): Promise<void> {
    if (this.destroyed || this.readableEnded) return;
    this.#received += bytes.length;
    this.push(bytes);
    this.#acknowledge();
    if (this.readableLength <= WINDOW_BYTES) return;
    await new Promise<void>((resolve) => {
      this.#roomy = resolve;
    });
  }

  /** The peer sends no more. */
  receiveFin(): void {
    if (!this.destroyed) this.push(null);
  }

  /** The peer gave the stream up. */
  receiveReset(): void {
    this.#wasReset = true;
    // A stream that was written to the end is over, however the peer says so.
    if (this.writableFinished) this.push(null);
    else this.destroy();
  }

  override _read(): void {}

  /** Every way of reading but one comes through here; the other hands a chunk on while it is pushed. */
  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    this.#acknowledge();
    return chunk;
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#host.sendData(this.id, chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#host.sendFin(this.id, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isOver = this.readableEnded && this.writableFinished;
    if (!isOver && !this.#wasReset) this.#host.sendReset(this.id);
    this.#proceed();
    this.#host.closed(this.id);
    done(error);
  }

  #acknowledge(): void {
    const taken = this.#received - this.readableLength;
    if (taken > this.#acknowledged && !this.destroyed) {
      const more = taken - this.#acknowledged;
      this.#acknowledged = taken;
      this.#host.consumed(this.id, more);
    }
    if (this.readableLength <= WINDOW_BYTES) this.#proceed();
  }

  #proceed(): void {
    this.#roomy?.();
    this.#roomy = undefined;
  }
}
