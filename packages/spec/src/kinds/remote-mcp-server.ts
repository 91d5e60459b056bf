/** RemoteMCPServer `kagent.dev/v1alpha2` (storage): an MCP server that runs somewhere else. */
import { z } from 'zod';
import {
  AllowedNamespaces,
  cel,
  Condition,
  DiscoveredTool,
  ObjectMeta,
  ObservedGeneration,
  TLSConfig,
  ValueRef,
} from './shared.ts';

export const RemoteMCPServerSpec = z
  .object({
    description: z.string().describe('Shown to people; may be empty.'),
    protocol: z
      .enum(['SSE', 'STREAMABLE_HTTP'])
      .default('STREAMABLE_HTTP')
      .describe('Transport of the server.'),
    url: z.string().min(1).describe('Endpoint URL.'),
    headersFrom: z.array(ValueRef).optional().describe('Headers sent to the server.'),
    timeout: z.string().default('30s').describe('Connection timeout, e.g. `30s`.'),
    sseReadTimeout: z.string().optional().describe('Read timeout of a stream, e.g. `5m`.'),
    terminateOnClose: z.boolean().default(true).describe('End the MCP session on close.'),
    tls: TLSConfig.optional().describe('TLS of the connection, for https URLs.'),
    allowedNamespaces: AllowedNamespaces.optional().describe(
      'Namespaces whose agents may use this server; default the own one.',
    ),
  })
  .meta(
    cel(
      {
        rule: "!self.url.startsWith('http://') || !has(self.tls)",
        message: 'spec.tls must be unset when spec.url has http:// scheme',
      },
      {
        rule: "!(has(self.allowedNamespaces) && self.allowedNamespaces.from != 'Same' && has(self.tls) && has(self.tls.caCertSecretRef) && size(self.tls.caCertSecretRef) > 0)",
        message:
          'spec.allowedNamespaces must not permit cross-namespace access when spec.tls.caCertSecretRef is set',
      },
    ),
  );
export type RemoteMCPServerSpec = z.infer<typeof RemoteMCPServerSpec>;

export const RemoteMCPServerStatus = z.object({
  observedGeneration: ObservedGeneration,
  conditions: z.array(Condition).optional().describe('`Accepted`.'),
  discoveredTools: z.array(DiscoveredTool).optional().describe('Tools the server listed last.'),
  secretHash: z.string().optional().describe('Hash of the CA Secret; empty without one.'),
});
export type RemoteMCPServerStatus = z.infer<typeof RemoteMCPServerStatus>;

export const RemoteMCPServer = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: ObjectMeta,
  spec: RemoteMCPServerSpec.optional(),
  status: RemoteMCPServerStatus.optional(),
});
export type RemoteMCPServer = z.infer<typeof RemoteMCPServer>;
