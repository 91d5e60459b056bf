/**
 * Port forwarding over WebSocket channels, as the Python and JavaScript clients do it: the ports are in the query, and
 * port number i has channel 2i for its bytes and 2i+1 for errors. Each channel begins with the port as two bytes, little
 * endian. One connection for each port; there is no half-close.
 */
import type { Readable } from 'node:stream';
import type { WebSocket } from 'ws';

import { forwardingError } from './port-forward.ts';
import type { PortForwardConnect } from './session.ts';
import {
  acceptWebSocket,
  bytesOf,
  closeSignal,
  feed,
  messageReadable,
  messageWritable,
  sendMessage,
} from './web-socket.ts';
import type { Upgrade } from './web-socket.ts';

export const PORT_CHANNEL_PROTOCOLS: string[] = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];

const ZERO = 48;

type Encode = (channel: number) => (chunk: Buffer) => string | Buffer;

/** Serves the ports until their connections are over, as kubelet does; some clients wait for that. */
export async function serveWebSocketPortForward(
  session: PortForwardConnect,
  upgrade: Upgrade,
  protocol: string,
): Promise<void> {
  const isBase64 = protocol.includes('base64');
  const webSocket = await acceptWebSocket(upgrade, protocol);
  const signal = closeSignal(webSocket);
  const encode: Encode = (channel) => (chunk) =>
    isBase64
      ? `${String.fromCharCode(ZERO + channel)}${chunk.toString('base64')}`
      : Buffer.concat([Buffer.from([channel]), chunk]);
  const inputs = session.ports.map(() => messageReadable(webSocket));
  webSocket.on('message', (data) => {
    const message = bytesOf(data);
    if (message.length === 0) return;
    const channel = isBase64 ? (message[0] ?? 0) - ZERO : (message[0] ?? 0);
    const input = channel % 2 === 0 ? inputs[channel / 2] : undefined;
    const rest = message.subarray(1);
    const bytes = isBase64 ? Buffer.from(rest.toString('latin1'), 'base64') : rest;
    if (input && bytes.length > 0) feed(webSocket, input, bytes);
  });
  const work = session.ports.map((port, index) =>
    forward({ session, webSocket, encode, signal }, { port, index, input: inputs[index] }),
  );
  await Promise.all(work);
  webSocket.close();
}

interface Wire {
  session: PortForwardConnect;
  webSocket: WebSocket;
  encode: Encode;
  signal: AbortSignal;
}

async function forward(
  { session, webSocket, encode, signal }: Wire,
  { port, index, input }: { port: number; index: number; input: Readable | undefined },
): Promise<void> {
  const name = Buffer.alloc(2);
  name.writeUInt16LE(port);
  try {
    for (const channel of [index * 2, index * 2 + 1])
      await sendMessage(webSocket, encode(channel)(name));
    const socket = await session.connect(port);
    const hangUp = (): void => void socket.destroy();
    signal.addEventListener('abort', hangUp, { once: true });
    if (signal.aborted) hangUp();
    socket.on('error', () => {});
    const output = messageWritable(webSocket, encode(index * 2));
    output.on('error', hangUp);
    input?.pipe(socket);
    await new Promise<void>((resolve) => {
      output.once('close', resolve);
      socket.once('close', () => output.end());
      socket.pipe(output);
    });
    socket.destroy();
    signal.removeEventListener('abort', hangUp);
  } catch (problem) {
    input?.resume();
    if (signal.aborted) return;
    const text = Buffer.from(forwardingError(port, problem));
    await sendMessage(webSocket, encode(index * 2 + 1)(text)).catch(() => {});
  }
}
