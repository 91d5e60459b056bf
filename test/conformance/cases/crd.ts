/** CustomResourceDefinitions: what they may say, and how they change. */
import type { Area, ConformanceCase, Step } from '../case.ts';
import { CRDS, crdOf, crdWith, NOT_YET, servedCrd, versionOf } from './crd-parts.ts';
import { SCHEMAS } from './crd-schemas.ts';
import { SPECS } from './crd-specs.ts';

const dryRun = (body: unknown): Step => ({ request: `POST ${CRDS}?dryRun=All`, body });

const chunks = (steps: Step[], size: number): Step[][] =>
  Array.from({ length: Math.ceil(steps.length / size) }, (_, i) =>
    steps.slice(i * size, (i + 1) * size),
  );

function table(name: string, steps: Step[]): ConformanceCase[] {
  return chunks(steps, 20).map((part, i) => ({ name: `${name} ${i}`, steps: part }));
}

const text = { type: 'string' };
const specOf = (properties: object) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties } },
});
const PATH = `${CRDS}/things.$id.example.com`;
const merge = (body: object, path = PATH): Step => ({
  request: `PATCH ${path}`,
  type: 'application/merge-patch+json',
  body,
});

export const CRD: Area = {
  name: 'crd',
  cases: [
    ...table(
      'schema',
      Object.values(SCHEMAS).map((schema) => dryRun(crdOf(schema))),
    ),
    ...table(
      'schema beside a status subresource',
      ['addlRoot', 'nullableRoot', 'external', 'junc2', 'preserveRoot', 'arr'].map((name) =>
        dryRun(crdOf(SCHEMAS[name], { subresources: { status: {} } })),
      ),
    ),
    ...table('spec', Object.values(SPECS).map(dryRun)),
    {
      name: 'established CRD',
      steps: [
        ...servedCrd(crdWith()),
        { request: `GET ${PATH}` },
        { request: `GET ${PATH}/status` },
      ],
      differs: { '*.body.metadata.finalizers': 'added some time after there, at once here' },
    },
    {
      name: 'changes of an established CRD',
      steps: [
        ...servedCrd(crdWith()),
        merge({ spec: { scope: 'Cluster' } }),
        merge({ spec: { names: { kind: 'Other' } } }),
        merge({ spec: { names: { plural: 'others' } } }),
        merge({ spec: { group: 'other.example.com' } }),
        merge({ spec: { names: { singular: 'thingy' } } }, `${PATH}?dryRun=All`),
        merge({ spec: { versions: [versionOf({ name: 'v2' })] } }),
        merge({
          spec: {
            versions: [
              versionOf({ storage: false }),
              versionOf({
                name: 'v2',
                schema: { openAPIV3Schema: specOf({ a: text, b: text }) },
              }),
            ],
          },
        }),
        merge({ status: { storedVersions: [] } }, `${PATH}/status`),
        merge({ metadata: { labels: { a: 'b' } } }),
      ],
      differs: NOT_YET,
    },
  ],
};
