/**
 * Port forwarding over SPDY, raw or tunnelled in a WebSocket (KEP-4006): two streams for each connection, named by
 * `requestID` and `port`, one for its bytes and one for what went wrong.
 */
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';

import type { PortForwardConnect } from './session.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/stream.ts';
import { withinTime } from './within-time.ts';

/** `X-Stream-Protocol-Version` of port forwarding. */
export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';
/** WebSocket subprotocol of the tunnel. */
export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';
/** As long as kubelet waits for the second stream of a pair. */
const PAIR_MS = 30_000;

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  complete: PromiseWithResolvers<void>;
}

/** Serves connections until the client hangs up. */
export async function serveSpdyPortForward(
  transport: Duplex,
  session: PortForwardConnect,
): Promise<void> {
  const pairs = new Map<string, Pair>();
  const accept = (stream: SpdyStream): void => {
    const { streamtype: type, port: portText = '', requestid = '' } = stream.headers;
    const port = parsePort(portText);
    if (port === undefined || (type !== 'error' && type !== 'data')) {
      stream.destroy();
      return;
    }
    // Clients without request ids open the data stream right after its error stream.
    const id =
      requestid === '' ? `stream ${type === 'error' ? stream.id : stream.id - 2}` : requestid;
    const known = pairs.get(id);
    const pair = known ?? { complete: Promise.withResolvers<void>() };
    if (pair[type]) {
      stream.destroy();
      return;
    }
    pair[type] = stream;
    pairs.set(id, pair);
    if (pair.error && pair.data) {
      pairs.delete(id);
      pair.complete.resolve();
      void forward(session, { port, data: pair.data, error: pair.error });
    } else void expire(pair, () => pairs.delete(id));
  };
  const connection = new SpdyConnection({ transport, role: 'server', onStream: accept });
  await connection.closed;
}

/** 1 to 65535; undefined for anything else. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port <= 0xff_ff ? port : undefined;
}

async function expire(pair: Pair, forget: () => void): Promise<void> {
  const isComplete = pair.complete.promise.then(() => true);
  const closed = new Promise<false>((resolve) => {
    (pair.error ?? pair.data)?.once('close', () => resolve(false));
  });
  if (await withinTime(Promise.race([isComplete, closed]), PAIR_MS)) return;
  forget();
  pair.error?.destroy();
  pair.data?.destroy();
}

interface Connection {
  port: number;
  data: SpdyStream;
  error: SpdyStream;
}

async function forward(
  session: PortForwardConnect,
  { port, data, error }: Connection,
): Promise<void> {
  error.resume();
  try {
    const socket = await session.connect(port);
    if (data.destroyed) {
      socket.destroy();
      return;
    }
    await join(data, socket);
    error.end();
  } catch (problem) {
    error.end(forwardingError(port, problem));
    data.end();
    data.resume();
  }
}

/** What kubectl prints after "an error occurred forwarding". */
export function forwardingError(port: number, problem: unknown): string {
  const reason = problem instanceof Error ? problem.message : String(problem);
  return `error forwarding port ${port} to pod: ${reason}`;
}

/** Joins two streams with half-close. Resolves when both directions have ended, well or not. */
export function join(one: Duplex, other: Duplex): Promise<void> {
  const direction = (from: Duplex, to: Duplex) =>
    new Promise<void>((resolve) => {
      pipeline(from, to, (error) => {
        // A reset of one side is a reset of the other, not a quiet end.
        if (error) {
          from.destroy();
          to.destroy();
        }
        resolve();
      });
    });
  return Promise.all([direction(one, other), direction(other, one)]).then(() => undefined);
}
