/**
 * A SPDY/3.1 connection over any byte stream, as much of it as Kubernetes' streaming uses: streams in both directions,
 * flow control, ping, goaway. No push, no priorities.
 *
 * Flow control is respected for peers that do it. The Go clients of Kubernetes do not: they neither send WINDOW_UPDATE nor
 * look at ours. For them the connection itself is the limit: it is not read on while a stream holds more than a window,
 * and writes wait for the socket.
 */
import type { Duplex } from 'node:stream';

import {
  encodeFrame,
  FrameDecoder,
  GOAWAY,
  INITIAL_WINDOW_SIZE,
  RST,
  SpdyError,
} from './frames.ts';
import type { Frame } from './frames.ts';
import { HeaderDecoder, HeaderEncoder } from './headers.ts';
import type { SpdyHeaders } from './headers.ts';
import { SpdyStream, WINDOW_BYTES } from './stream.ts';
import type { StreamHost } from './stream.ts';

const MAX_STREAMS = 1000;
/** A piece of data in one frame, so that streams take turns. */
const MAX_FRAME_BYTES = 32 * 1024;
const MAX_WINDOW = 0x7f_ff_ff_ff;
/** Answers of ours that a peer has not taken; more come only when it has. */
const MAX_UNSENT_CONTROL = 256 * 1024;

export interface SpdyConnectionOptions {
  /** Belongs to the connection from now on. */
  transport: Duplex;
  /** Streams of clients have odd ids, those of servers even ones. */
  role: 'client' | 'server';
  /** A stream of the peer; it was accepted already. Destroy it to refuse it. */
  onStream(stream: SpdyStream): void;
}

interface Waiting {
  bytes: Buffer;
  done: (error?: Error) => void;
}

export class SpdyConnection {
  readonly #options: SpdyConnectionOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #encoder = new HeaderEncoder();
  readonly #decoder = new HeaderDecoder();
  readonly #host: StreamHost;
  /** What may still be sent on a stream; only of peers that do flow control. */
  readonly #windows = new Map<number, number>();
  readonly #waiting = new Map<number, Waiting>();
  #initialWindow = WINDOW_BYTES;
  /** The peer does flow control: a server of ours does, a client has to show it. */
  #isFlowControlled: boolean;
  #lastPeerStream = 0;
  #nextStream: number;
  #isClosing = false;
  #unsentControl = 0;

  /** Resolves when the connection is over, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;

  constructor(options: SpdyConnectionOptions) {
    this.#options = options;
    this.#nextStream = options.role === 'client' ? 1 : 2;
    this.#isFlowControlled = options.role === 'client';
    this.#host = {
      sendData: (streamId, bytes, done) => this.#sendData(streamId, { bytes, done }),
      sendFin: (streamId, done) =>
        this.#send({ type: 'data', streamId, isFin: true, bytes: Buffer.alloc(0) }, done),
      sendReset: (streamId) => this.#send({ type: 'rst-stream', streamId, status: RST.cancel }),
      consumed: (streamId, delta) => this.#send({ type: 'window-update', streamId, delta }),
      closed: (streamId) => this.#forget(streamId),
    };
    options.transport.on('error', () => {});
    this.closed = this.#run();
  }

  /** Opens a stream; the peer's answer is not waited for. */
  open(headers: SpdyHeaders): SpdyStream {
    const id = this.#nextStream;
    this.#nextStream += 2;
    const stream = this.#add(id, headers);
    const block = this.#encoder.encode(headers);
    this.#send({ type: 'syn-stream', streamId: id, isFin: false, isUnidirectional: false, block });
    return stream;
  }

  /** Says goodbye and ends the connection after what was written before. Idempotent. */
  close(status: number = GOAWAY.ok): void {
    if (this.#isClosing) return;
    this.#send({ type: 'goaway', lastStreamId: this.#lastPeerStream, status });
    this.#isClosing = true;
    this.#options.transport.end();
  }

  /** Ends it at once. */
  destroy(): void {
    this.#options.transport.destroy();
  }

  async #run(): Promise<void> {
    const { transport } = this.#options;
    const frames = new FrameDecoder();
    try {
      // The default would destroy the transport with what is still to be written.
      for await (const chunk of transport.iterator({ destroyOnReturn: false })) {
        for (const frame of frames.push(Buffer.from(chunk))) await this.#handle(frame);
        if (this.#unsentControl > MAX_UNSENT_CONTROL) await drained(transport);
      }
    } catch (error) {
      if (error instanceof SpdyError) this.close(GOAWAY.protocolError);
    } finally {
      this.#isClosing = true;
      this.#decoder.close();
      for (const stream of this.#streams.values()) stream.destroy();
      this.#failWaiting();
      if (!transport.destroyed) transport.end(() => transport.destroy());
    }
  }

  async #handle(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'syn-stream':
        return this.#accept(frame);
      case 'syn-reply':
      case 'headers':
        await this.#decoder.decode(frame.block);
        if (frame.isFin) this.#streams.get(frame.streamId)?.receiveFin();
        return;
      case 'data': {
        const stream = this.#streams.get(frame.streamId);
        if (!stream) return;
        if (frame.bytes.length > 0) await stream.receive(frame.bytes);
        if (frame.isFin) stream.receiveFin();
        return;
      }
      case 'rst-stream':
        this.#streams.get(frame.streamId)?.receiveReset();
        return;
      case 'ping':
        // Ids of our own kind would be answers to pings we never send.
        if (frame.id % 2 !== this.#nextStream % 2) this.#send(frame);
        return;
      case 'window-update':
        return this.#widen(frame.streamId, frame.delta);
      case 'settings':
        for (const { id, value } of frame.settings)
          if (id === INITIAL_WINDOW_SIZE) this.#setInitialWindow(value);
        return;
      case 'goaway':
        // Its streams may end; it opens no more, and closes the connection then.
        return;
    }
  }

  async #accept(frame: Frame & { type: 'syn-stream' }): Promise<void> {
    const headers = await this.#decoder.decode(frame.block);
    const { streamId } = frame;
    const isTheirs = streamId % 2 !== this.#nextStream % 2;
    if (!isTheirs || streamId <= this.#lastPeerStream)
      throw new SpdyError('a stream id is not the next one');
    this.#lastPeerStream = streamId;
    if (this.#streams.size >= MAX_STREAMS || this.#isClosing) {
      this.#send({ type: 'rst-stream', streamId, status: RST.refusedStream });
      return;
    }
    const stream = this.#add(streamId, headers);
    if (frame.isFin) stream.receiveFin();
    if (frame.isUnidirectional) stream.end();
    else {
      const block = this.#encoder.encode({});
      this.#send({ type: 'syn-reply', streamId, isFin: false, block });
    }
    this.#options.onStream(stream);
  }

  #add(id: number, headers: SpdyHeaders): SpdyStream {
    const stream = new SpdyStream(this.#host, { id, headers });
    this.#streams.set(id, stream);
    this.#windows.set(id, this.#initialWindow);
    return stream;
  }

  #forget(streamId: number): void {
    this.#streams.delete(streamId);
    this.#windows.delete(streamId);
    const waiting = this.#waiting.get(streamId);
    this.#waiting.delete(streamId);
    waiting?.done(new Error('the stream is closed'));
  }

  #failWaiting(): void {
    for (const streamId of this.#waiting.keys()) this.#forget(streamId);
  }

  #sendData(streamId: number, { bytes, done }: Waiting): void {
    const window = this.#windows.get(streamId) ?? 0;
    const allowed = this.#isFlowControlled ? Math.max(window, 0) : MAX_FRAME_BYTES;
    const size = Math.min(bytes.length, allowed, MAX_FRAME_BYTES);
    if (size === 0 && bytes.length > 0) {
      this.#waiting.set(streamId, { bytes, done });
      return;
    }
    this.#windows.set(streamId, window - size);
    const piece = bytes.subarray(0, size);
    this.#send({ type: 'data', streamId, isFin: false, bytes: piece }, (error) => {
      if (error || size === bytes.length) done(error);
      else this.#sendData(streamId, { bytes: bytes.subarray(size), done });
    });
  }

  #widen(streamId: number, delta: number): void {
    this.#isFlowControlled = true;
    const window = this.#windows.get(streamId);
    if (window === undefined) return;
    if (window + delta > MAX_WINDOW) throw new SpdyError('a window is too large');
    this.#windows.set(streamId, window + delta);
    this.#retry(streamId);
  }

  #setInitialWindow(value: number): void {
    if (value > MAX_WINDOW) throw new SpdyError('a window is too large');
    this.#isFlowControlled = true;
    const change = value - this.#initialWindow;
    this.#initialWindow = value;
    for (const [streamId, window] of this.#windows) this.#windows.set(streamId, window + change);
    for (const streamId of this.#waiting.keys()) this.#retry(streamId);
  }

  #retry(streamId: number): void {
    const waiting = this.#waiting.get(streamId);
    if (!waiting) return;
    this.#waiting.delete(streamId);
    this.#sendData(streamId, waiting);
  }

  #send(frame: Frame, done: (error?: Error) => void = () => {}): void {
    const { transport } = this.#options;
    if (this.#isClosing || transport.destroyed || transport.writableEnded) {
      done(new Error('the connection is closed'));
      return;
    }
    const bytes = encodeFrame(frame);
    const control = frame.type === 'data' ? 0 : bytes.length;
    this.#unsentControl += control;
    transport.write(bytes, (error) => {
      this.#unsentControl -= control;
      done(error ?? undefined);
    });
  }
}

/** Resolves when `transport` takes more, or never will. */
function drained(transport: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      transport.off('drain', done);
      transport.off('close', done);
      resolve();
    };
    transport.on('drain', done);
    transport.on('close', done);
  });
}
