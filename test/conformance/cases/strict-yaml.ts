/** Keys that are there twice, in YAML: what is told of them depends on who reads the text. */
import type { Area, ConformanceCase } from '../case.ts';

const PATH = '/api/v1/namespaces/$ns/configmaps';
const TWICE = `apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  name: a
data:
  x: "1"
  x: "2"
  y: "1"
`;
const AS_JSON = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},
"data":{"x":"1","x":"2",
"x":"3","y":"1"},"data":{}}`;

const BODIES = { once: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n', TWICE, AS_JSON };

function ways(fieldValidation: string): ConformanceCase[] {
  const headers = ['warning'];
  const query = `fieldManager=m&fieldValidation=${fieldValidation}`;
  const applied = { request: `PATCH ${PATH}/a?${query}`, type: 'application/apply-patch+yaml' };
  const created = { request: `POST ${PATH}?${query}`, type: 'application/yaml' };
  return Object.entries(BODIES).flatMap(([name, body]) => [
    { name: `apply ${name} ${fieldValidation}`, steps: [{ ...applied, body, headers }] },
    { name: `create ${name} ${fieldValidation}`, steps: [{ ...created, body, headers }] },
  ]);
}

export const STRICT_YAML: Area = {
  name: 'strict-yaml',
  cases: [
    ...['Strict', 'Warn', 'Ignore'].flatMap(ways),
    {
      name: 'create with an unknown field as well',
      steps: ['Strict', 'Warn'].map((fieldValidation) => ({
        request: `POST ${PATH}?fieldValidation=${fieldValidation}`,
        type: 'application/yaml',
        body: `${TWICE}zzz: 1\n`,
        headers: ['warning'],
      })),
    },
  ],
};
