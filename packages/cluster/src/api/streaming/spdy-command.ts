/** Remote command over SPDY: one stream for each of error, stdin, stdout, stderr and resize. */
import type { Duplex } from 'node:stream';

import { withinTime } from './within-time.ts';
import type { CommandConnect } from './session.ts';
import { createResizes, parseTerminalSize, runCommand } from './command-channels.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/stream.ts';
import { plainOutcome } from './web-socket-command.ts';

/** What `X-Stream-Protocol-Version` may say, the preferred one first. */
export const SPDY_COMMAND_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];

/** As long as kubelet waits for a client to open its streams. */
const OPEN_MS = 30_000;
/** How long a client may take to hang up after the end. */
const LINGER_MS = 5000;
const MAX_RESIZE_TEXT = 1024;

interface Wanted {
  session: CommandConnect;
  protocol: string;
}

/** Serves one command. Resolves when the connection is over. */
export async function serveSpdyCommand(transport: Duplex, wanted: Wanted): Promise<void> {
  const { session, protocol } = wanted;
  const gone = new AbortController();
  const { streams, accept } = collect(expectedTypes(wanted));
  const connection = new SpdyConnection({ transport, role: 'server', onStream: accept });
  void connection.closed.then(() => gone.abort());
  const opened = await withinTime(Promise.race([streams, connection.closed]), OPEN_MS);
  if (!opened) {
    connection.destroy();
    return;
  }
  const error = opened.get('error');
  // Only standard input is read from.
  for (const type of ['error', 'stdout', 'stderr']) opened.get(type)?.resume();
  const resizes = createResizes();
  const resize = opened.get('resize');
  if (resize) void readSizes(resize, resizes.set);
  await runCommand(session, {
    stdin: opened.get('stdin'),
    stdout: opened.get('stdout'),
    stderr: opened.get('stderr'),
    onResize: resizes.onResize,
    signal: gone.signal,
    async finish(outcome) {
      const isStructured = protocol === 'v4.channel.k8s.io';
      error?.end(isStructured ? JSON.stringify(outcome) : plainOutcome(outcome));
      for (const type of ['stdout', 'stderr', 'stdin', 'resize']) opened.get(type)?.end();
      await Promise.race([Promise.all([...opened.values()].map(finished)), connection.closed]);
      connection.close();
    },
  });
  await withinTime(connection.closed, LINGER_MS);
  connection.destroy();
}

function expectedTypes({ session, protocol }: Wanted): string[] {
  const canResize = protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io';
  return [
    'error',
    ...(session.stdin ? ['stdin'] : []),
    ...(session.stdout ? ['stdout'] : []),
    ...(session.stderr ? ['stderr'] : []),
    ...(session.tty && canResize ? ['resize'] : []),
  ];
}

/** Takes one stream of each expected type and refuses the rest. */
function collect(expected: string[]): {
  streams: Promise<Map<string, SpdyStream>>;
  accept(stream: SpdyStream): void;
} {
  const found = new Map<string, SpdyStream>();
  const { promise, resolve } = Promise.withResolvers<Map<string, SpdyStream>>();
  return {
    streams: promise,
    accept(stream) {
      const type = stream.headers['streamtype'] ?? '';
      if (!expected.includes(type) || found.has(type)) {
        stream.destroy();
        return;
      }
      found.set(type, stream);
      if (found.size === expected.length) resolve(found);
    },
  };
}

function finished(stream: SpdyStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableFinished || stream.destroyed) resolve();
    stream.once('finish', resolve);
    stream.once('close', resolve);
  });
}

/** JSON objects, one after the other. */
async function readSizes(
  stream: SpdyStream,
  set: ReturnType<typeof createResizes>['set'],
): Promise<void> {
  let text = '';
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      text += String(chunk);
      for (let end = text.indexOf('}'); end !== -1; end = text.indexOf('}')) {
        const size = parseTerminalSize(text.slice(0, end + 1));
        if (size) set(size);
        text = text.slice(end + 1);
      }
      if (text.length > MAX_RESIZE_TEXT) text = '';
    }
  } catch {
    // The connection is gone; the session hears of it elsewhere.
  }
}
