/**
 * Remote command over a WebSocket: each message begins with its channel (KEP-4006 "Transition from SPDY to WebSockets" and
 * apimachinery's `wsstream`). The `base64.` variants carry text: the channel as a digit, the rest in base64.
 */
import type { Readable, Writable } from 'node:stream';

import type { Status } from '@kagent/kube';
import type { WebSocket } from 'ws';

import type { CommandConnect } from './session.ts';
import { createResizes, parseTerminalSize, runCommand } from './command-channels.ts';
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

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const NORMAL_CLOSURE = 1000;

/** What a subprotocol means; the preferred one first. No subprotocol is the oldest one. */
const PROTOCOLS: Record<string, { isBase64: boolean; hasStatus: boolean; hasClose: boolean }> = {
  'v5.channel.k8s.io': { isBase64: false, hasStatus: true, hasClose: true },
  'v4.channel.k8s.io': { isBase64: false, hasStatus: true, hasClose: false },
  'v4.base64.channel.k8s.io': { isBase64: true, hasStatus: true, hasClose: false },
  'channel.k8s.io': { isBase64: false, hasStatus: false, hasClose: false },
  'base64.channel.k8s.io': { isBase64: true, hasStatus: false, hasClose: false },
  '': { isBase64: false, hasStatus: false, hasClose: false },
};

/** The subprotocols that `serveWebSocketCommand` speaks. */
export const COMMAND_PROTOCOLS = Object.keys(PROTOCOLS);

/** Serves one command. Resolves when the connection needs nothing more from us. */
export async function serveWebSocketCommand(
  session: CommandConnect,
  upgrade: Upgrade,
  protocol: string,
): Promise<void> {
  const webSocket = await acceptWebSocket(upgrade, protocol);
  const { isBase64, hasStatus, hasClose } = PROTOCOLS[protocol] ?? PROTOCOLS['']!;
  const encode = (channel: number) => (chunk: Buffer) =>
    isBase64
      ? `${channel}${chunk.toString('base64')}`
      : Buffer.concat([Buffer.from([channel]), chunk]);
  const output = (channel: number): Writable => messageWritable(webSocket, encode(channel));
  const stdin = session.stdin ? messageReadable(webSocket) : undefined;
  const resizes = createResizes();
  receive(webSocket, { stdin, isBase64, hasClose, setSize: resizes.set });
  // Tells the client that the connection is up before there is any output.
  const first = session.stdout ? CHANNEL.stdout : session.stderr ? CHANNEL.stderr : CHANNEL.error;
  await sendMessage(webSocket, encode(first)(Buffer.alloc(0))).catch(() => {});
  await runCommand(session, {
    stdin,
    ...(session.stdout && { stdout: output(CHANNEL.stdout) }),
    ...(session.stderr && { stderr: output(CHANNEL.stderr) }),
    onResize: resizes.onResize,
    signal: closeSignal(webSocket),
    async finish(outcome) {
      const text = hasStatus ? JSON.stringify(outcome) : plainOutcome(outcome);
      if (text !== '') await sendMessage(webSocket, encode(CHANNEL.error)(Buffer.from(text)));
      webSocket.close(NORMAL_CLOSURE);
      webSocket.resume();
    },
  });
}

/** Before version 4 the error channel is text for people; nothing means success. */
export function plainOutcome(outcome: Status): string {
  return outcome.status === 'Success' ? '' : (outcome.message ?? '');
}

interface Incoming {
  stdin: Readable | undefined;
  isBase64: boolean;
  hasClose: boolean;
  setSize: ReturnType<typeof createResizes>['set'];
}

function receive(webSocket: WebSocket, { stdin, isBase64, hasClose, setSize }: Incoming): void {
  webSocket.on('message', (data) => {
    const message = bytesOf(data);
    const first = message[0];
    if (first === undefined) return;
    const channel = isBase64 ? first - ZERO : first;
    const rest = message.subarray(1);
    const bytes = isBase64 ? Buffer.from(rest.toString('latin1'), 'base64') : rest;
    if (channel === CHANNEL.stdin && stdin && bytes.length > 0) feed(webSocket, stdin, bytes);
    else if (channel === CHANNEL.resize) {
      const size = parseTerminalSize(bytes.toString('utf8'));
      if (size) setSize(size);
    } else if (channel === CHANNEL.close && hasClose && rest[0] === CHANNEL.stdin) {
      if (stdin && !stdin.readableEnded) stdin.push(null);
    }
  });
}

const ZERO = 48;
