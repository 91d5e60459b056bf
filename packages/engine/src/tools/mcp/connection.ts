/**
 * One connection to one MCP server, opened when it is first needed and shared by everybody with the same identity. A
 * server that is down costs a run at most the connect timeout; once it is known to be down, one probe at a time asks
 * again, ever more seldom.
 */
import { KagentError, type ToolResult } from '@kagent/spec';
import { asError, linkedAbort, untilAborted } from '../../abort.ts';
import { errorResult } from '../../loop/tool-output.ts';
import type { Clock, Logger } from '../../ports.ts';
import {
  classifyFailure,
  connectMcpClient,
  describeFailure,
  type McpClient,
  type McpTool,
} from './client.ts';
import { publicUrl, type Fetch, type McpServerParams } from './server-params.ts';
import { toToolResult } from './tool-result.ts';

export interface McpConnectionOptions {
  params: McpServerParams;
  /** Asked once per connect. */
  fetch: () => Promise<Fetch>;
  clock: Clock;
  logger: Logger;
  connectTimeoutMs: number;
}

export interface McpCall {
  name: string;
  args: Record<string, unknown>;
  repeatable: boolean;
}

export interface McpConnection {
  /** The server's tools (the same array until they change), or why there are none. Rejects only at abort. */
  tools(signal: AbortSignal): Promise<{ tools: readonly McpTool[] } | { error: string }>;
  /** Never rejects but at abort: failures are results. */
  call(call: McpCall, signal: AbortSignal): Promise<ToolResult>;
  close(): Promise<void>;
}

/** What a run waits for the probe of a server that is known to be down. */
const PROBE_WAIT_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** Age at which a tool list is fetched again in the background, for servers that announce no changes. */
const REFRESH_MS = 300_000;
const DEFAULT_CALL_TIMEOUT_MS = 300_000;

export function createMcpConnection(options: McpConnectionOptions): McpConnection {
  return new Connection(options);
}

class Connection implements McpConnection {
  readonly #options: McpConnectionOptions;
  #client: McpClient | undefined;
  #tools: readonly McpTool[] = [];
  #listedAt = 0;
  #opening: Promise<McpClient> | undefined;
  #refreshing = false;
  #failure: { error: string; count: number; retryAt: number } | undefined;
  #closed: AbortController | undefined;

  constructor(options: McpConnectionOptions) {
    this.#options = options;
  }

  async tools(signal: AbortSignal): Promise<{ tools: readonly McpTool[] } | { error: string }> {
    if (!this.#client) await this.#waitForOpen(signal);
    else if (this.#options.clock.now() - this.#listedAt > REFRESH_MS) this.#refresh(this.#client);
    if (this.#client) return { tools: this.#tools };
    return { error: this.#failure?.error ?? 'not connected' };
  }

  async call(call: McpCall, signal: AbortSignal): Promise<ToolResult> {
    for (let attempt = 1; ; attempt += 1) {
      const client = this.#client ?? (await this.#reopen(signal));
      if (!client)
        return errorResult(`The tool server is not available: ${this.#failure?.error ?? 'closed'}`);
      try {
        const timeoutMs = this.#options.params.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
        return toToolResult(await client.callTool({ ...call, timeoutMs }, signal));
      } catch (error) {
        signal.throwIfAborted();
        const failure = classifyFailure(error);
        if (failure === 'lost' || failure === 'not-delivered') this.#lose(client);
        const again = failure === 'not-delivered' || (failure === 'lost' && call.repeatable);
        if (attempt > 1 || !again) return this.#failedCall(call, failure, error);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed ??= new AbortController();
    this.#closed.abort(new KagentError('unavailable', 'the connection is closed'));
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }

  #failedCall(
    call: McpCall,
    failure: ReturnType<typeof classifyFailure>,
    error: unknown,
  ): ToolResult {
    const where = publicUrl(this.#options.params.url);
    switch (failure) {
      case 'answered':
        return errorResult(asError(error).message);
      case 'not-delivered':
        return errorResult(
          `"${call.name}" was not called: ${describeFailure(error, this.#options.params)}.`,
        );
      case 'timeout':
      case 'lost': {
        const why =
          failure === 'timeout' ? 'gave no answer in time' : 'broke off before it answered';
        const effect = call.repeatable
          ? ''
          : ' The call may have taken effect: check before you repeat it.';
        return errorResult(`The tool server ${where} ${why}.${effect}`);
      }
    }
  }

  /** Opens, however seldom the server was reached lately: somebody has a call to make. */
  async #reopen(signal: AbortSignal): Promise<McpClient | undefined> {
    return untilAborted(
      this.#open().catch(() => undefined),
      signal,
    );
  }

  async #waitForOpen(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const down = this.#failure;
    if (down && clock.now() < down.retryAt) return;
    const opened = this.#open().catch(() => undefined);
    if (!down) {
      await untilAborted(opened, signal);
      return;
    }
    const patience = linkedAbort(signal);
    try {
      await untilAborted(
        Promise.race([opened, clock.sleep(PROBE_WAIT_MS, patience.signal)]),
        signal,
      );
    } finally {
      patience.dispose();
    }
  }

  #open(): Promise<McpClient> {
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(): Promise<McpClient> {
    const { clock, params, logger } = this.#options;
    this.#closed ??= new AbortController();
    const closed = this.#closed.signal;
    const limit = linkedAbort(closed);
    const timeoutMs = Math.min(params.connectTimeoutMs ?? Infinity, this.#options.connectTimeoutMs);
    const late = new KagentError(
      'unavailable',
      `${publicUrl(params.url)} did not answer within ${timeoutMs / 1000} s`,
    );
    clock.sleep(timeoutMs, limit.signal).then(
      () => limit.abort(late),
      () => undefined,
    );
    try {
      const client = await untilAborted(this.#handshake(limit.signal), limit.signal);
      closed.throwIfAborted();
      this.#client = client;
      this.#failure = undefined;
      return client;
    } catch (error) {
      const count = (this.#failure?.count ?? 0) + 1;
      const wait = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (count - 1));
      const reason = describeFailure(limit.signal.aborted ? limit.signal.reason : error, params);
      this.#failure = { error: reason, count, retryAt: clock.now() + wait };
      logger.warn({ url: publicUrl(params.url), reason, count }, 'MCP server is not available');
      throw error;
    } finally {
      limit.dispose();
    }
  }

  async #handshake(signal: AbortSignal): Promise<McpClient> {
    const { params, fetch } = this.#options;
    const client: McpClient = await connectMcpClient(
      {
        params,
        fetch: await fetch(),
        events: {
          onToolsChanged: (tools) => this.#keepTools(tools),
          onClosed: () => this.#lose(client),
        },
      },
      signal,
    );
    try {
      this.#keepTools(await client.listTools(signal));
      signal.throwIfAborted();
      return client;
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  #keepTools(tools: readonly McpTool[]): void {
    this.#tools = tools;
    this.#listedAt = this.#options.clock.now();
  }

  /** One at a time and nobody waits; the old list serves meanwhile. */
  #refresh(client: McpClient): void {
    if (this.#refreshing || !this.#closed) return;
    this.#refreshing = true;
    client
      .listTools(this.#closed.signal)
      .then(
        (tools) => this.#keepTools(tools),
        () => this.#lose(client),
      )
      .finally(() => {
        this.#refreshing = false;
      })
      .catch(() => undefined);
  }

  /** Forgets a client that is of no use any more; the next use connects anew. */
  #lose(client: McpClient): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.close().catch(() => undefined);
  }
}
