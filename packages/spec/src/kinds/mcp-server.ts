/** MCPServer `kagent.dev/v1alpha1` (storage): an MCP server that the controller runs. */
import { z } from 'zod';
import {
  cel,
  Condition,
  Container,
  LocalObjectReference,
  ObjectMeta,
  ObservedGeneration,
  opaque,
  ResourceRequirements,
  Toleration,
  Volume,
  VolumeMount,
} from './shared.ts';

const stringMap = z.record(z.string(), z.string());
const pullPolicy = z.enum(['Always', 'Never', 'IfNotPresent']);

export const MCPServerDeployment = z
  .object({
    image: z
      .string()
      .optional()
      .describe('Container image; has a default for cmd `uvx` and `npx`.'),
    imagePullPolicy: pullPolicy.optional().describe('Pull policy of the image.'),
    imagePullSecrets: z
      .array(LocalObjectReference)
      .optional()
      .describe('Secrets for private registries.'),
    cmd: z.string().optional().describe('Executable.'),
    args: z.array(z.string()).optional().describe('Arguments.'),
    port: z.number().int().default(3000).describe('Port of the server and of its Service.'),
    env: stringMap.optional().describe('Literal environment.'),
    secretRefs: z
      .array(LocalObjectReference)
      .optional()
      .describe('Secrets injected as environment.'),
    configMapRefs: z
      .array(LocalObjectReference)
      .optional()
      .describe('ConfigMaps mounted at `/configmaps/NAME`.'),
    volumes: z.array(Volume).optional().describe('Extra volumes.'),
    volumeMounts: z.array(VolumeMount).optional().describe('Extra mounts.'),
    replicas: z.number().int().default(1).describe('Number of pods.').meta({ format: 'int32' }),
    resources: ResourceRequirements.optional().describe(
      'Requests and limits of the main container.',
    ),
    securityContext: opaque('Security settings of the main container.').optional(),
    podSecurityContext: opaque('Security settings of the pod.').optional(),
    affinity: opaque('Pod affinity.').optional(),
    nodeSelector: stringMap.optional().describe('Labels a node must have.'),
    tolerations: z.array(Toleration).optional().describe('Taints the pods tolerate.'),
    annotations: stringMap.optional().describe('Annotations of the pods.'),
    labels: stringMap.optional().describe('Labels of the pods.'),
    serviceAccountName: z.string().optional().describe('Existing account; none is generated.'),
    serviceAccount: z
      .object({
        annotations: stringMap.optional().describe('Annotations.'),
        labels: stringMap.optional().describe('Labels.'),
      })
      .optional()
      .describe('Metadata of the generated ServiceAccount.'),
    sidecars: z.array(Container).optional().describe('Extra containers.'),
    initContainer: z
      .object({
        image: z.string().optional().describe('Image of the transport adapter.'),
        imagePullPolicy: pullPolicy.optional().describe('Its pull policy.'),
        resources: ResourceRequirements.optional().describe('Its requests and limits.'),
        securityContext: opaque(
          'Its security settings; default those of the main container.',
        ).optional(),
      })
      .optional()
      .describe('The container that brings the transport adapter.'),
  })
  .meta(
    cel({
      rule: '!(has(self.serviceAccount) && has(self.serviceAccountName))',
      message: 'serviceAccount and serviceAccountName are mutually exclusive',
    }),
  );
export type MCPServerDeployment = z.infer<typeof MCPServerDeployment>;

export const MCPServerSpec = z.object({
  deployment: MCPServerDeployment.describe('How to run the server.'),
  transportType: z.enum(['stdio', 'http']).optional().describe('How the server speaks MCP.'),
  stdioTransport: z.object({}).optional().describe('No settings.'),
  httpTransport: z
    .object({
      targetPort: z
        .number()
        .int()
        .optional()
        .describe('Port the server listens on; not 0 for `http`.')
        .meta({ format: 'int32' }),
      path: z.string().optional().describe('Path of the server.'),
      tls: z
        .object({
          secretRef: z.string().optional().describe('Secret with tls.crt, tls.key and ca.crt.'),
          insecureSkipVerify: z.boolean().default(false).describe('Skip certificate checks.'),
        })
        .optional()
        .describe('TLS towards the server.'),
    })
    .optional()
    .describe('Settings for transport `http`.'),
  timeout: z.string().default('30s').describe('Connection timeout of clients, e.g. `30s`.'),
});
export type MCPServerSpec = z.infer<typeof MCPServerSpec>;

export const MCPServerStatus = z.object({
  observedGeneration: ObservedGeneration,
  conditions: z
    .array(Condition)
    .max(8)
    .optional()
    .describe('`Accepted`, `ResolvedRefs`, `Programmed`, `Ready`.')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }),
});
export type MCPServerStatus = z.infer<typeof MCPServerStatus>;

export const MCPServer = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: ObjectMeta,
  spec: MCPServerSpec.optional(),
  status: MCPServerStatus.optional(),
});
export type MCPServer = z.infer<typeof MCPServer>;
