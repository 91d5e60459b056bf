/** What clients ask before anything else. */
import type { Area } from '../case.ts';

export const DISCOVERY: Area = {
  name: 'discovery',
  cases: [
    {
      name: 'unknown path',
      steps: [
        { request: 'GET /apis/nothing.example.com' },
        { request: 'GET /apis/apps/v1/nothing' },
        { request: 'GET /api/v1/namespaces/$ns/nothing/x' },
        { request: 'PATCH /api/v1/namespaces/$ns/configmaps' },
      ],
    },
    {
      name: 'object that is not there',
      steps: [{ request: 'GET /api/v1/namespaces/$ns/configmaps/x' }],
    },
    {
      name: 'ConfigMap made and made again',
      steps: [
        {
          request: 'POST /api/v1/namespaces/$ns/configmaps',
          body: { metadata: { name: 'a' }, data: { x: '1' } },
          managedFields: true,
          keep: { rv: 'metadata.resourceVersion' },
        },
        {
          request: 'POST /api/v1/namespaces/$ns/configmaps',
          body: { metadata: { name: 'a' } },
        },
        {
          request: 'PUT /api/v1/namespaces/$ns/configmaps/a',
          body: { metadata: { name: 'a', resourceVersion: '1' } },
        },
        {
          request: 'GET /api/v1/namespaces/$ns/configmaps?watch=true&resourceVersion=0',
          events: 1,
        },
      ],
    },
  ],
};
