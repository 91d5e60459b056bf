/** From an MCP server object to the endpoint a client connects to. One place for agents and for discovery. */
import type { Secret, Service } from '@kagent/kube';
import {
  type MCPServer,
  MCPServerSpec,
  type RemoteMCPServer,
  RemoteMCPServerSpec,
  type TLSConfig,
} from '@kagent/spec';
import { parseDuration } from './duration.ts';
import type { Scope } from './lookup.ts';
import { findCaSecret, resolveHeaders } from './values.ts';

export type McpProtocol = 'SSE' | 'STREAMABLE_HTTP';

export interface ToolServerEndpoint {
  url: string;
  protocol: McpProtocol;
  headers: Record<string, string>;
  /** Seconds. */
  timeout: number | undefined;
  /** Seconds. */
  sseReadTimeout: number | undefined;
  terminateOnClose: boolean | undefined;
  tls: TLSConfig | undefined;
  /** Holds the CA bundle that `tls` names. */
  caSecret: Secret | undefined;
}

/** Group kinds under which tool servers are known to clients. */
export const GROUP_KINDS = {
  RemoteMCPServer: 'RemoteMCPServer.kagent.dev',
  MCPServer: 'MCPServer.kagent.dev',
  Service: 'Service',
} as const;

export type ToolServerKind = keyof typeof GROUP_KINDS;

/** Label that makes a Service a tool server. */
export const MCP_SERVICE_LABEL = 'kagent.dev/mcp-service';

const DEFAULT_TIMEOUT = '30s';

/** Undefined, with problems noted, when a reference or a duration is bad. `scope.namespace` is the server's. */
export function remoteEndpoint(
  server: RemoteMCPServer,
  scope: Scope,
): ToolServerEndpoint | undefined {
  const referrer = `RemoteMCPServer ${scope.namespace}/${server.metadata.name}`;
  const before = scope.problems.length;
  const parsed = RemoteMCPServerSpec.safeParse(server.spec);
  if (!parsed.success) return invalid(scope, `${referrer}: spec is not valid`);
  const spec = parsed.data;
  if (!URL.canParse(spec.url)) invalid(scope, `${referrer}: spec.url is not a URL`);
  const seconds = (field: string, text: string | undefined) =>
    text === undefined ? undefined : secondsOf(text, scope, `${referrer}: spec.${field}`);
  const endpoint: ToolServerEndpoint = {
    url: spec.url,
    protocol: spec.protocol,
    headers: resolveHeaders(spec.headersFrom, scope, referrer),
    timeout: seconds('timeout', spec.timeout),
    sseReadTimeout: seconds('sseReadTimeout', spec.sseReadTimeout),
    terminateOnClose: spec.terminateOnClose,
    tls: spec.tls,
    caSecret: findCaSecret(spec.tls, scope, referrer),
  };
  return scope.problems.length > before ? undefined : endpoint;
}

/** An MCPServer is reached through its Service, always at `/mcp` over streamable HTTP. */
export function mcpServerEndpoint(server: MCPServer, scope: Scope): ToolServerEndpoint | undefined {
  const { name } = server.metadata;
  const referrer = `MCPServer ${scope.namespace}/${name}`;
  const parsed = MCPServerSpec.safeParse(server.spec);
  if (!parsed.success) return invalid(scope, `${referrer}: spec is not valid`);
  const { port } = parsed.data.deployment;
  if (port < 1 || port > 65_535)
    return invalid(scope, `${referrer}: spec.deployment.port is not a port`);
  const timeout = secondsOf(parsed.data.timeout, scope, `${referrer}: spec.timeout`);
  return plainEndpoint(`http://${name}.${scope.namespace}:${port}/mcp`, 'STREAMABLE_HTTP', timeout);
}

/** A Service is described by its `kagent.dev/mcp-service-*` annotations, else by its ports. */
export function serviceEndpoint(service: Service, scope: Scope): ToolServerEndpoint | undefined {
  const { name, annotations } = service.metadata;
  const annotation = (key: string) => annotations?.[`${MCP_SERVICE_LABEL}-${key}`];
  const port = servicePort(service, annotation('port'));
  if (typeof port === 'string')
    return invalid(scope, `Service ${scope.namespace}/${name}: ${port}`);
  const protocol = annotation('protocol')?.toUpperCase() === 'SSE' ? 'SSE' : 'STREAMABLE_HTTP';
  const path = annotation('path') ?? '/mcp';
  return plainEndpoint(
    `http://${name}.${scope.namespace}:${port}${path.startsWith('/') ? '' : '/'}${path}`,
    protocol,
    parseDuration(DEFAULT_TIMEOUT),
  );
}

function servicePort(service: Service, annotated: string | undefined): number | string {
  if (annotated !== undefined) {
    return /^[1-9][0-9]{0,4}$/.test(annotated)
      ? Number(annotated)
      : `annotation ${MCP_SERVICE_LABEL}-port is not a port`;
  }
  const ports = service.spec?.ports ?? [];
  const port =
    ports.length === 1 ? ports[0] : ports.find((each) => each.appProtocol?.toLowerCase() === 'mcp');
  return port?.port ?? `it has several ports; name one with annotation ${MCP_SERVICE_LABEL}-port`;
}

function plainEndpoint(
  url: string,
  protocol: McpProtocol,
  timeout: number | undefined,
): ToolServerEndpoint {
  return {
    url,
    protocol,
    headers: {},
    timeout,
    sseReadTimeout: undefined,
    terminateOnClose: undefined,
    tls: undefined,
    caSecret: undefined,
  };
}

function secondsOf(text: string, scope: Scope, field: string): number | undefined {
  const seconds = parseDuration(text);
  return seconds ?? invalid(scope, `${field} is not a duration; write it like 30s or 5m`);
}

function invalid(scope: Scope, message: string): undefined {
  scope.problems.push({ reason: 'InvalidConfiguration', message });
  return undefined;
}
