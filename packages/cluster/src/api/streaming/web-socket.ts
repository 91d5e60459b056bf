/** WebSocket connections over a socket that Node's HTTP server has handed over, and their messages as Node streams. */
import type { IncomingMessage } from 'node:http';
import { Readable, Writable } from 'node:stream';
import type { Duplex } from 'node:stream';

import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';

/** As the WebSocket library of Kubernetes limits a message. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  /** What the client sent after its request. */
  head: Buffer;
}

/** The subprotocols a client offers, in its order; empty when it has none. */
export function offeredProtocols(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/**
 * Completes the handshake with `protocol` (empty for none). A malformed handshake is answered with 400 and the socket is
 * closed; the promise then stays open, which holds nothing. The subprotocol is named by ourselves: the one of tunnelled
 * port forwarding is no token of RFC 6455, and the library would refuse it.
 */
export function acceptWebSocket(
  { request, socket, head }: Upgrade,
  protocol: string,
): Promise<WebSocket> {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  server.on('headers', (headers) => {
    if (protocol !== '') headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  delete request.headers['sec-websocket-protocol'];
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => {});
      resolve(webSocket);
    });
  });
}

/** Aborts when the connection is lost or closed. */
export function closeSignal(webSocket: WebSocket): AbortSignal {
  const gone = new AbortController();
  webSocket.once('close', () => gone.abort());
  return gone.signal;
}

export function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

/** Resolves when the message is with the operating system; rejects when the connection is lost. */
export function sendMessage(webSocket: WebSocket, message: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const isBinary = typeof message !== 'string';
    webSocket.send(message, { binary: isBinary }, (error) => (error ? reject(error) : resolve()));
  });
}

/** A Writable whose chunks are messages, as `encode` frames them. */
export function messageWritable(
  webSocket: WebSocket,
  encode: (chunk: Buffer) => string | Buffer,
): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const message = encode(chunk);
      webSocket.send(message, { binary: typeof message !== 'string' }, (error) => done(error));
    },
  });
}

/** A Readable fed by hand; the socket is not read while it is full. Ends when the connection does. */
export function messageReadable(webSocket: WebSocket): Readable {
  const readable = new Readable({ read: () => webSocket.resume() });
  webSocket.once('close', () => {
    if (!readable.destroyed) readable.push(null);
  });
  return readable;
}

/** Hands bytes over, and stops reading the socket when the reader is behind. */
export function feed(webSocket: WebSocket, readable: Readable, bytes: Buffer): void {
  if (readable.destroyed || readable.readableEnded) return;
  if (!readable.push(bytes)) webSocket.pause();
}
