/** Asks a tool server for its tools and keeps the answer in the registry; shared by all kinds of tool server. */
import { type DiscoveredTool } from '@kagent/spec';
import type { ControllerContext } from './context.ts';
import { GROUP_KINDS, type ToolServerEndpoint, type ToolServerKind } from './tool-servers.ts';

export interface DiscoverInput {
  kind: ToolServerKind;
  /** `namespace/name`. */
  ref: string;
  description: string;
  endpoint: ToolServerEndpoint;
  signal: AbortSignal;
}

export type Discovery =
  | { ok: true; tools: DiscoveredTool[] }
  | { ok: false; message: string; error: unknown };

const DEFAULT_TIMEOUT_SECONDS = 30;

/** Never rejects but for an abort or a broken registry. The registry keeps the last good answer. */
export async function discoverTools(
  context: ControllerContext,
  input: DiscoverInput,
): Promise<Discovery> {
  const { endpoint, signal } = input;
  let tools: DiscoveredTool[];
  try {
    tools = await context.discovery.discover({
      url: endpoint.url,
      protocol: endpoint.protocol,
      headers: endpoint.headers,
      timeoutMs: Math.max(1, (endpoint.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000),
      ...tlsOf(endpoint),
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    const text = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `${endpoint.url}: ${text}`.slice(0, 1024), error };
  }
  await context.toolRegistry.put({
    ref: input.ref,
    groupKind: GROUP_KINDS[input.kind],
    description: input.description,
    tools,
  });
  return { ok: true, tools };
}

function tlsOf({ tls, caSecret }: ToolServerEndpoint) {
  if (tls === undefined) return {};
  const bundle = caSecret?.data?.[tls.caCertSecretKey ?? ''];
  return {
    tls: {
      insecureSkipVerify: tls.disableVerify,
      disableSystemCas: tls.disableSystemCAs,
      ...(bundle === undefined ? {} : { caPem: Buffer.from(bundle, 'base64').toString('utf8') }),
    },
  };
}
