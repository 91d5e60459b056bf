/**
 * Schema of ObjectMeta (meta/v1). CRD schemas leave `metadata` out or say only `type: object`, yet pruning, apply and
 * strategic merge need its fields, its list types and its merge keys.
 */
import type { Schema } from './schema.ts';

const text: Schema = { type: 'string', nullable: true };
const time: Schema = { type: 'string', format: 'date-time', nullable: true };
const integer: Schema = { type: 'integer', format: 'int64', nullable: true };
const textMap: Schema = { type: 'object', nullable: true, additionalProperties: text };

const ownerReference: Schema = {
  type: 'object',
  required: ['apiVersion', 'kind', 'name', 'uid'],
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    name: { type: 'string' },
    uid: { type: 'string' },
    controller: { type: 'boolean', nullable: true },
    blockOwnerDeletion: { type: 'boolean', nullable: true },
  },
  'x-kubernetes-map-type': 'atomic',
};

const managedFieldsEntry: Schema = {
  type: 'object',
  properties: {
    manager: text,
    operation: text,
    apiVersion: text,
    time,
    fieldsType: text,
    fieldsV1: { type: 'object', nullable: true, 'x-kubernetes-preserve-unknown-fields': true },
    subresource: text,
  },
};

/** Every field tolerates null, as the Go decoder does. */
export const objectMetaSchema: Schema = {
  type: 'object',
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: integer,
    creationTimestamp: time,
    deletionTimestamp: time,
    deletionGracePeriodSeconds: integer,
    labels: textMap,
    annotations: textMap,
    ownerReferences: {
      type: 'array',
      nullable: true,
      items: ownerReference,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'uid',
    },
    finalizers: {
      type: 'array',
      nullable: true,
      items: { type: 'string' },
      'x-kubernetes-list-type': 'set',
      'x-kubernetes-patch-strategy': 'merge',
    },
    managedFields: {
      type: 'array',
      nullable: true,
      items: managedFieldsEntry,
      'x-kubernetes-list-type': 'atomic',
    },
  },
};
