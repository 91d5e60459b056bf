/** Finds the protocol a client wants for exec, attach or port-forward, completes the upgrade and serves it. */
import type { IncomingMessage } from 'node:http';

import { createWebSocketStream } from 'ws';

import { badRequest, StatusError } from '../status-error.ts';
import { PORT_FORWARD_PROTOCOL, serveSpdyPortForward, TUNNEL_PROTOCOL } from './port-forward.ts';
import type { ConnectSession } from './session.ts';
import { serveSpdyCommand, SPDY_COMMAND_PROTOCOLS } from './spdy-command.ts';
import { acceptWebSocket, offeredProtocols } from './web-socket.ts';
import type { Upgrade } from './web-socket.ts';
import { COMMAND_PROTOCOLS, serveWebSocketCommand } from './web-socket-command.ts';
import { PORT_CHANNEL_PROTOCOLS, serveWebSocketPortForward } from './web-socket-port-forward.ts';

/** Completes the handshake and serves; resolves when the connection needs nothing more. */
export type Serve = (upgrade: Upgrade) => Promise<void>;

type Wire = 'websocket' | 'spdy';

/** Which of our stream protocols the request asks to upgrade to. */
export function upgradeOf(request: IncomingMessage): Wire | undefined {
  const wanted = (request.headers.upgrade ?? '').toLowerCase();
  if (wanted === 'websocket') return 'websocket';
  return wanted === 'spdy/3.1' ? 'spdy' : undefined;
}

/** How to serve the session to this client. Throws StatusError when they have no protocol in common. */
export function planConnect(request: IncomingMessage, session: ConnectSession): Serve {
  switch (upgradeOf(request)) {
    case undefined:
      throw badRequest('Upgrade request required');
    case 'websocket':
      return planWebSocket(request, session);
    case 'spdy':
      return planSpdy(request, session);
  }
}

function planWebSocket(request: IncomingMessage, session: ConnectSession): Serve {
  const offered = offeredProtocols(request);
  if (session.kind === 'command') {
    const protocol = negotiate(offered, COMMAND_PROTOCOLS, '');
    return (upgrade) => serveWebSocketCommand(session, upgrade, protocol);
  }
  const protocol = negotiate(offered, [TUNNEL_PROTOCOL, ...PORT_CHANNEL_PROTOCOLS]);
  if (protocol !== TUNNEL_PROTOCOL) {
    if (session.ports.length === 0) throw badRequest('you must specify at least 1 port');
    return (upgrade) => serveWebSocketPortForward(session, upgrade, protocol);
  }
  return async (upgrade) => {
    const webSocket = await acceptWebSocket(upgrade, protocol);
    await serveSpdyPortForward(createWebSocketStream(webSocket), session);
  };
}

function planSpdy(request: IncomingMessage, session: ConnectSession): Serve {
  const offered = [request.headers['x-stream-protocol-version'] ?? []]
    .flat()
    .flatMap((item) => item.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (session.kind === 'command') {
    const protocol = negotiate(offered, SPDY_COMMAND_PROTOCOLS, 'channel.k8s.io');
    return async (upgrade) => {
      switchToSpdy(upgrade, protocol);
      await serveSpdyCommand(upgrade.socket, { session, protocol });
    };
  }
  const protocol = negotiate(offered, [PORT_FORWARD_PROTOCOL], PORT_FORWARD_PROTOCOL);
  return async (upgrade) => {
    switchToSpdy(upgrade, protocol);
    await serveSpdyPortForward(upgrade.socket, session);
  };
}

/** The first of `served` that was offered; `unnamed` when nothing was. */
function negotiate(offered: string[], served: string[], unnamed?: string): string {
  if (offered.length === 0 && unnamed !== undefined) return unnamed;
  const protocol = served.find((name) => offered.includes(name));
  if (protocol !== undefined) return protocol;
  const names = served.filter((name) => name !== '');
  throw new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${names.join(' ')}]`,
    details: {},
  });
}

function switchToSpdy({ socket, head }: Upgrade, protocol: string): void {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    `X-Stream-Protocol-Version: ${protocol}`,
  ];
  if (head.length > 0) socket.unshift(head);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
}
