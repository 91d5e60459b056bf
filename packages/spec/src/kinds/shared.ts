/**
 * Shapes that several kinds share: object metadata, conditions, the core/v1 parts embedded in pod settings, references.
 * Annotations in `.meta()` are what the generated CRDs add to plain JSON schema (`x-kubernetes-*`, CEL, formats).
 */
import { z } from 'zod';

/** The API group of every kagent kind. */
export const GROUP = 'kagent.dev';

/** Names a kind on the wire; structurally a `ResourceType` of `@kagent/kube`. `T` is a phantom. */
export interface KindRef<T> {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  readonly __object?: T;
}

/** CEL rules of a schema node, as metadata: `z.object(…).meta(cel({ rule, message }))`. */
export function cel(...rules: { rule: string; message: string }[]): Record<string, unknown> {
  return { 'x-kubernetes-validations': rules };
}

/** Metadata of a node whose unknown fields are kept although they are not spelled out here. */
export const PRESERVE = { 'x-kubernetes-preserve-unknown-fields': true } as const;

const ATOMIC_MAP = { 'x-kubernetes-map-type': 'atomic' } as const;

const OwnerReference = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});

/** meta/v1 ObjectMeta, the fields read here; everything else is kept. */
export const ObjectMeta = z.looseObject({
  name: z.string(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.number().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  ownerReferences: z.array(OwnerReference).optional(),
  finalizers: z.array(z.string()).optional(),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** meta/v1 Condition. */
export const Condition = z
  .object({
    type: z
      .string()
      .max(316)
      .regex(
        /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
      )
      .describe('What is judged, e.g. `Ready`.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('The verdict.'),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('Machine-readable reason of the last transition.'),
    message: z.string().max(32768).describe('The same for people; may be empty.'),
    lastTransitionTime: z
      .string()
      .describe('When `status` last changed.')
      .meta({ format: 'date-time' }),
    observedGeneration: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe('`metadata.generation` the verdict is about.')
      .meta({ format: 'int64' }),
  })
  .describe('One aspect of the state of the object.');
export type Condition = z.infer<typeof Condition>;

/** `status.observedGeneration` of every kind. */
export const ObservedGeneration = z
  .number()
  .int()
  .optional()
  .describe('`metadata.generation` last processed by the controller.')
  .meta({ format: 'int64' });

const Quantity = z.union([z.string(), z.number()]).meta({ 'x-kubernetes-int-or-string': true });

const keySelector = (what: string) =>
  z
    .object({
      key: z.string().describe(`Key inside the ${what}.`),
      name: z.string().default('').describe(`Name of the ${what}.`),
      optional: z.boolean().optional().describe('Whether the key may be missing.'),
    })
    .describe(`A key of a ${what}.`)
    .meta(ATOMIC_MAP);

/** core/v1 ConfigMapKeySelector. */
export const ConfigMapKeySelector = keySelector('ConfigMap');
export type ConfigMapKeySelector = z.infer<typeof ConfigMapKeySelector>;

/** core/v1 EnvVar. */
export const EnvVar = z.object({
  name: z.string().describe('Name of the variable.'),
  value: z.string().optional().describe('Literal value; `$(VAR)` refers to earlier variables.'),
  valueFrom: z
    .object({
      configMapKeyRef: ConfigMapKeySelector.optional(),
      secretKeyRef: keySelector('Secret').optional(),
      fieldRef: z
        .object({
          fieldPath: z.string().describe('Path in the pod, e.g. `metadata.name`.'),
          apiVersion: z.string().optional().describe('Schema version of the path.'),
        })
        .optional()
        .describe('A field of the pod.')
        .meta(ATOMIC_MAP),
      fileKeyRef: z
        .object({
          volumeName: z.string().describe('Volume that holds the file.'),
          path: z.string().describe('Path of the file in the volume.'),
          key: z.string().describe('Key inside the env file.'),
          optional: z.boolean().default(false).describe('Whether the key may be missing.'),
        })
        .optional()
        .describe('A key of an env file in a volume.')
        .meta(ATOMIC_MAP),
      resourceFieldRef: z
        .object({
          resource: z.string().describe('E.g. `limits.memory`.'),
          containerName: z.string().optional().describe('Container whose resources are meant.'),
          divisor: Quantity.optional().describe('Unit of the value.'),
        })
        .optional()
        .describe('A resource of the container.')
        .meta(ATOMIC_MAP),
    })
    .optional()
    .describe('Where the value comes from.'),
});
export type EnvVar = z.infer<typeof EnvVar>;

const sourceRef = (what: string) =>
  z
    .object({
      name: z.string().default('').describe(`Name of the ${what}.`),
      optional: z.boolean().optional().describe(`Whether the ${what} may be missing.`),
    })
    .describe(`All keys of a ${what}.`)
    .meta(ATOMIC_MAP);

/** core/v1 EnvFromSource. */
export const EnvFromSource = z.object({
  configMapRef: sourceRef('ConfigMap').optional(),
  secretRef: sourceRef('Secret').optional(),
  prefix: z.string().optional().describe('Put in front of every key.'),
});
export type EnvFromSource = z.infer<typeof EnvFromSource>;

/** core/v1 LocalObjectReference. */
export const LocalObjectReference = z
  .object({ name: z.string().default('').describe('Object name, same namespace.') })
  .meta(ATOMIC_MAP);
export type LocalObjectReference = z.infer<typeof LocalObjectReference>;

/** core/v1 ResourceRequirements. */
export const ResourceRequirements = z.object({
  limits: z.record(z.string(), Quantity).optional().describe('Upper bounds, e.g. `memory: 1Gi`.'),
  requests: z.record(z.string(), Quantity).optional().describe('What the scheduler reserves.'),
  claims: z
    .array(
      z.object({
        name: z.string().describe("Entry of the pod's `resourceClaims`."),
        request: z.string().optional().describe('Request inside the claim.'),
      }),
    )
    .optional()
    .describe('Claims for dynamic resources.')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
});
export type ResourceRequirements = z.infer<typeof ResourceRequirements>;

/** core/v1 VolumeMount. */
export const VolumeMount = z.object({
  name: z.string().describe('Volume to mount.'),
  mountPath: z.string().describe('Path inside the container.'),
  mountPropagation: z.string().optional().describe('How mounts spread between host and container.'),
  readOnly: z.boolean().optional().describe('Mount without write access.'),
  recursiveReadOnly: z.string().optional().describe('Read-only for nested mounts too.'),
  subPath: z.string().optional().describe('Path inside the volume.'),
  subPathExpr: z.string().optional().describe('The same with `$(VAR)` expansion.'),
});
export type VolumeMount = z.infer<typeof VolumeMount>;

/** core/v1 Volume; the sources are kept as given. */
export const Volume = z.looseObject({ name: z.string().describe('Volume name.') }).meta(PRESERVE);
export type Volume = z.infer<typeof Volume>;

/** core/v1 Container, for sidecars; kept as given. */
export const Container = z
  .looseObject({
    name: z.string().describe('Container name.'),
    image: z.string().optional().describe('Container image.'),
  })
  .meta(PRESERVE);
export type Container = z.infer<typeof Container>;

/** core/v1 Toleration. */
export const Toleration = z.object({
  key: z.string().optional().describe('Taint key; empty matches all.'),
  operator: z.string().optional().describe('`Exists` or `Equal`.'),
  value: z.string().optional().describe('Taint value.'),
  effect: z.string().optional().describe('Taint effect; empty matches all.'),
  tolerationSeconds: z
    .number()
    .int()
    .optional()
    .describe('How long `NoExecute` is tolerated.')
    .meta({ format: 'int64' }),
});
export type Toleration = z.infer<typeof Toleration>;

/** A core/v1 structure that is passed on without being looked at. */
export const opaque = (description: string) =>
  z.looseObject({}).describe(description).meta(PRESERVE);

/** meta/v1 LabelSelector. */
export const LabelSelector = z
  .object({
    matchLabels: z.record(z.string(), z.string()).optional().describe('All must be equal.'),
    matchExpressions: z
      .array(
        z.object({
          key: z.string().describe('Label key.'),
          operator: z.string().describe('`In`, `NotIn`, `Exists` or `DoesNotExist`.'),
          values: z.array(z.string()).optional().describe('For `In` and `NotIn`.'),
        }),
      )
      .optional()
      .describe('All must hold.'),
  })
  .meta(ATOMIC_MAP);
export type LabelSelector = z.infer<typeof LabelSelector>;

/** A key of a Secret or ConfigMap in the namespace of the object that refers to it. */
export const ValueSource = z.object({
  type: z.enum(['ConfigMap', 'Secret']).describe('Which object kind holds the value.'),
  name: z.string().max(253).describe('Object name, same namespace.'),
  key: z.string().max(253).describe('Key inside the object.'),
});
export type ValueSource = z.infer<typeof ValueSource>;

/** A named value, literal or referenced. */
export const ValueRef = z
  .object({
    name: z.string().describe('Name, e.g. of an HTTP header.'),
    value: z.string().optional().describe('Literal value.'),
    valueFrom: ValueSource.optional().describe('Key of a Secret or ConfigMap, same namespace.'),
  })
  .meta(
    cel({
      rule: '(has(self.value) && !has(self.valueFrom)) || (!has(self.value) && has(self.valueFrom))',
      message: 'Exactly one of value or valueFrom must be specified',
    }),
  );
export type ValueRef = z.infer<typeof ValueRef>;

/** TLS of outbound calls. */
export const TLSConfig = z
  .object({
    disableVerify: z.boolean().default(false).describe('Skip certificate checks.'),
    disableSystemCAs: z.boolean().default(false).describe('Trust only the given bundle.'),
    caCertSecretRef: z.string().optional().describe('Secret with a PEM bundle, same namespace.'),
    caCertSecretKey: z.string().optional().describe('Key of the bundle in that Secret.'),
  })
  .meta(
    cel(
      {
        rule: '!(has(self.caCertSecretKey) && size(self.caCertSecretKey) > 0 && (!has(self.caCertSecretRef) || size(self.caCertSecretRef) == 0))',
        message: 'caCertSecretKey requires caCertSecretRef',
      },
      {
        rule: '!(has(self.caCertSecretRef) && size(self.caCertSecretRef) > 0 && (!has(self.caCertSecretKey) || size(self.caCertSecretKey) == 0))',
        message: 'caCertSecretRef requires caCertSecretKey',
      },
      {
        rule: '!(has(self.disableSystemCAs) && self.disableSystemCAs && (!has(self.disableVerify) || !self.disableVerify) && (!has(self.caCertSecretRef) || size(self.caCertSecretRef) == 0))',
        message:
          'disableSystemCAs requires caCertSecretRef or disableVerify (trust-nothing config rejects every upstream)',
      },
    ),
  );
export type TLSConfig = z.infer<typeof TLSConfig>;

/** Who may refer to an object from another namespace. */
export const AllowedNamespaces = z
  .object({
    from: z
      .enum(['All', 'Same', 'Selector'])
      .default('Same')
      .describe('Every namespace, the own one, or those with the labels of `selector`.'),
    selector: LabelSelector.optional().describe('Labels of allowed namespaces, for `Selector`.'),
  })
  .meta(
    cel({
      rule: "!(self.from == 'Selector' && !has(self.selector))",
      message: 'selector must be specified when from is Selector',
    }),
  );
export type AllowedNamespaces = z.infer<typeof AllowedNamespaces>;

/** An MCP tool as a server lists it. */
export const DiscoveredTool = z.object({
  name: z.string().describe('Tool name.'),
  description: z.string().describe('What the tool does, in the words of its server.'),
});
export type DiscoveredTool = z.infer<typeof DiscoveredTool>;
