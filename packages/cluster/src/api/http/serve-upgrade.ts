/**
 * Requests that ask for another protocol: exec, attach and port-forward, and the streams that some clients read over a
 * WebSocket (fabric8 and browsers: watches and logs). Refusals are ordinary answers on the connection as it is.
 */
import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';

import type { ApiHeaders, ApiResponse } from '../request.ts';
import { badRequest, StatusError } from '../status-error.ts';
import { json } from '../request.ts';
import { planConnect, upgradeOf } from '../streaming/serve-connect.ts';
import {
  acceptWebSocket,
  closeSignal,
  offeredProtocols,
  sendMessage,
} from '../streaming/web-socket.ts';
import type { Upgrade } from '../streaming/web-socket.ts';
import { sendResponse } from './send-response.ts';
import type { PlainResponse } from './send-response.ts';

const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;

export interface UpgradeOptions {
  answer: ApiResponse;
  headers: ApiHeaders;
  /** Aborts when the client is gone or the server stops. */
  signal: AbortSignal;
}

/** Serves what was answered. Resolves when the connection needs nothing more. */
export async function serveUpgrade(upgrade: Upgrade, options: UpgradeOptions): Promise<void> {
  const { answer, signal } = options;
  const { request } = upgrade;
  if (answer.kind === 'connect') {
    const serve = planned(request, answer);
    if (typeof serve === 'function') return serve(upgrade);
    return refuse(upgrade, { ...options, answer: serve });
  }
  const isStream = answer.kind === 'watch' || answer.kind === 'stream';
  if (isStream && upgradeOf(request) === 'websocket')
    return streamOverWebSocket(upgrade, answer, signal);
  return refuse(upgrade, { ...options, answer });
}

function planned(
  request: IncomingMessage,
  answer: ApiResponse & { kind: 'connect' },
): ReturnType<typeof planConnect> | PlainResponse {
  try {
    return planConnect(request, answer.session);
  } catch (error) {
    return connectRefusal(error);
  }
}

/** The answer to a `connect` that can't be served. */
export function connectRefusal(
  error: unknown = badRequest('Upgrade request required'),
): PlainResponse {
  if (!(error instanceof StatusError)) throw error;
  return json(error.status, error.status.code) as PlainResponse;
}

async function refuse(
  { request, socket }: Upgrade,
  { answer, headers, signal }: UpgradeOptions & { answer: PlainResponse },
): Promise<void> {
  const response = new ServerResponse(request);
  response.assignSocket(socket as IncomingMessage['socket']);
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end());
  await sendResponse(response, answer, {
    request,
    signal,
    headers: { ...headers, connection: 'close' },
  });
}

/** One text message for each event or chunk, base64 for those who ask for it. */
async function streamOverWebSocket(
  upgrade: Upgrade,
  answer: ApiResponse & { kind: 'watch' | 'stream' },
  stopping: AbortSignal,
): Promise<void> {
  const offered = offeredProtocols(upgrade.request);
  const protocol = STREAM_PROTOCOLS.find((name) => offered.includes(name)) ?? '';
  const webSocket = await acceptWebSocket(upgrade, protocol);
  const gone = closeSignal(webSocket);
  // Nothing is expected, but pings, and the close of an idle stream, are only seen while it is read.
  webSocket.resume();
  try {
    for await (const text of messagesOf(answer)) {
      if (gone.aborted) return;
      const isBase64 = protocol.startsWith('base64');
      await sendMessage(webSocket, isBase64 ? Buffer.from(text).toString('base64') : text);
    }
    webSocket.close(stopping.aborted ? GOING_AWAY : NORMAL_CLOSURE);
  } catch (error) {
    if (!gone.aborted) {
      webSocket.terminate();
      throw error;
    }
  }
}

const STREAM_PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io', 'base64.channel.k8s.io'];

async function* messagesOf(
  answer: ApiResponse & { kind: 'watch' | 'stream' },
): AsyncGenerator<string> {
  if (answer.kind === 'stream') yield* answer.chunks;
  else for await (const frame of answer.frames) yield frame.bytes.toString('utf8').trimEnd();
}
