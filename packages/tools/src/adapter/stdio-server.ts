/** Keeps one stdio MCP server running: starts it, speaks the handshake, starts it again when it ends. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { backoffMs, type Clock, type Logger } from '@kagent/kube';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface StdioServerOptions {
  name: string;
  command: string;
  args: readonly string[];
  /** Added to PATH, HOME, USER, LOGNAME, SHELL and TERM of this process; nothing else is inherited. */
  env: Record<string, string>;
  version: string;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
}

export interface StdioServer {
  /** Waits for a server that has answered the handshake, at most `ms`. Rejects with what is wrong with it. */
  connected(ms: number): Promise<Client>;
  /** Settles when the signal has aborted and the process has ended. */
  readonly finished: Promise<void>;
}

/** `uvx` and `npx` may download before they answer. */
const START_TIMEOUT_MS = 180_000;
const RESTART = { initialMs: 500, maxMs: 30_000 };
/** A server that lived so long is started again with the shortest delay. */
const HEALTHY_MS = 60_000;

export function startStdioServer(options: StdioServerOptions): StdioServer {
  const { clock, logger, name, signal } = options;
  let ready = Promise.withResolvers<Client>();
  ready.promise.catch(() => undefined);
  let problem = 'it is still starting';

  async function supervise(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = clock.now();
      try {
        await runProcess(options, (client) => ready.resolve(client));
        ready = Promise.withResolvers<Client>();
        ready.promise.catch(() => undefined);
        problem = 'it ended';
        if (!signal.aborted)
          logger.warn({ server: name }, 'MCP server ended, will be started again');
      } catch (error) {
        problem = describeFailure(options.command, error);
        if (!signal.aborted)
          logger.error(
            { server: name, command: options.command, error: problem },
            'MCP server does not start',
          );
      }
      if (clock.now() - startedAt >= HEALTHY_MS) failures = 0;
      await clock.sleep(backoffMs(failures, RESTART), signal).catch(() => undefined);
      failures += 1;
    }
    ready.reject(new Error('the adapter is stopping'));
  }

  const finished = supervise();
  return {
    finished,
    async connected(ms) {
      const timer = new AbortController();
      const late = clock.sleep(ms, AbortSignal.any([timer.signal, signal])).then(
        () => {
          throw new Error(`MCP server ${name} is not running: ${problem}`);
        },
        () => ready.promise,
      );
      try {
        return await Promise.race([ready.promise, late]);
      } finally {
        timer.abort();
      }
    },
  };
}

/** From start to end of one process. Rejects when it can't be started or does not speak MCP. */
async function runProcess(
  { name, command, args, env, version, logger, signal }: StdioServerOptions,
  onReady: (client: Client) => void,
): Promise<void> {
  const transport = new StdioClientTransport({ command, args: [...args], env, stderr: 'pipe' });
  logLines(transport.stderr as Readable | null, (line) =>
    logger.info({ server: name, line }, 'MCP server says'),
  );
  const client = new Client(
    { name: 'kagent-mcp-adapter', version },
    // Results are passed on as they are; checking them is up to who asked.
    {
      jsonSchemaValidator: {
        getValidator: () => (data) => ({
          valid: true,
          data: data as never,
          errorMessage: undefined,
        }),
      },
    },
  );
  const closed = Promise.withResolvers<void>();
  client.onclose = () => closed.resolve();
  const stop = () => void client.close().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect(transport, { signal, timeout: START_TIMEOUT_MS });
    keepProgressBeforeResult(transport);
    logger.info({ server: name, info: client.getServerVersion() }, 'MCP server is ready');
    onReady(client);
    await closed.promise;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.close().catch(() => undefined);
  }
}

/**
 * The SDK handles notifications one microtask after they arrive and results at once, so progress that comes in one
 * piece with its result would find its caller gone. Results wait one turn of the event loop.
 */
function keepProgressBeforeResult(transport: StdioClientTransport): void {
  const deliver = transport.onmessage?.bind(transport);
  transport.onmessage = (message) =>
    'method' in message ? deliver?.(message) : void setImmediate(() => deliver?.(message));
}

function logLines(stream: Readable | null, log: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', log);
}

function describeFailure(command: string, error: unknown): string {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `command not found: ${command}`;
  if (code === 'EACCES') return `command is not executable: ${command}`;
  return error instanceof Error ? error.message : String(error);
}
