/** CustomResourceDefinitions and their objects, as the cases about them need them. */
import type { Step } from '../case.ts';

export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/** Objects of the CRD, version v1, in the namespace of the case. */
export const THINGS = '/apis/$id.example.com/v1/namespaces/$ns/things';

export const NAMES = {
  plural: 'things',
  singular: 'thing',
  kind: 'Thing',
  listKind: 'ThingList',
};

/** What a server that has not looked at a CRD yet says of it; here it is looked at before the answer. */
export const NOT_YET: Record<string, string> = {
  '*.body.metadata.finalizers': 'a CRD is established before its POST is answered',
  '*.body.status.conditions': 'a CRD is established before its POST is answered',
  '*.body.status.acceptedNames': 'a CRD is established before its POST is answered',
};

const SCHEMA = {
  type: 'object',
  properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } },
};

/** A version that stores; `changes` replace its parts. */
export function versionOf(changes: object = {}): object {
  return {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: SCHEMA },
    ...changes,
  };
}

/** A CRD whose spec has `changes`, and whose metadata has `metadata`. */
export function crdWith(changes: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.$id.example.com', ...metadata },
    spec: {
      group: '$id.example.com',
      scope: 'Namespaced',
      names: NAMES,
      versions: [versionOf()],
      ...changes,
    },
  };
}

/** A CRD with one version of this schema. */
export function crdOf(openAPIV3Schema: unknown, version: object = {}): object {
  return crdWith({ versions: [versionOf({ schema: { openAPIV3Schema }, ...version })] });
}

/** Makes the CRD and waits until its objects are served. */
export function servedCrd(body: object): Step[] {
  return [
    { request: `POST ${CRDS}`, body, quiet: true },
    {
      request: `GET ${CRDS}/things.$id.example.com`,
      until: { 'status.conditions[type=Established].status': 'True' },
    },
    { request: `GET ${THINGS}`, until: { code: '200' } },
  ];
}

export function thing(rest: object = {}, name = 'a'): object {
  return { apiVersion: '$id.example.com/v1', kind: 'Thing', metadata: { name }, ...rest };
}
