/** Asks a server once for its tools: for the status of tool servers, not for agents. */
import { KagentError } from '@kagent/spec';
import { linkedAbort, untilAborted } from '../../abort.ts';
import type { Clock } from '../../ports.ts';
import { systemClock } from '../../system-clock.ts';
import { connectMcpClient, describeFailure, type McpTool } from './client.ts';
import type { Fetch, McpProtocol, McpServerParams, McpTls } from './server-params.ts';
import { withTls } from './tls-fetch.ts';

export interface DiscoverToolsOptions {
  url: string;
  protocol: McpProtocol;
  headers?: Record<string, string>;
  /** For connect and listing together. */
  timeoutMs: number;
  signal: AbortSignal;
  fetch: Fetch;
  tls?: McpTls;
  clock?: Clock;
}

/** All tools of the server. Rejects with `unavailable` and a sentence for people, or the signal's reason. */
export async function discoverTools(options: DiscoverToolsOptions): Promise<McpTool[]> {
  const { url, protocol, headers, timeoutMs, signal, fetch } = options;
  const clock = options.clock ?? systemClock;
  const params: McpServerParams = { url, protocol, headers: headers ?? {} };
  const tlsFetch = options.tls ? await withTls(fetch, options.tls) : fetch;
  const limit = linkedAbort(signal);
  const late = new KagentError(
    'unavailable',
    `The server did not answer within ${timeoutMs / 1000} s.`,
  );
  clock.sleep(timeoutMs, limit.signal).then(
    () => limit.abort(late),
    () => undefined,
  );
  try {
    const events = { onToolsChanged: () => undefined, onClosed: () => undefined };
    const client = await untilAborted(
      connectMcpClient({ params, fetch: tlsFetch, events }, limit.signal),
      limit.signal,
    );
    try {
      return await untilAborted(client.listTools(limit.signal), limit.signal);
    } finally {
      client.close().catch(() => undefined);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (limit.signal.aborted) throw late;
    throw new KagentError('unavailable', `${describeFailure(error, params)}.`, { cause: error });
  } finally {
    limit.dispose();
  }
}
