/** What new objects of core/v1 become, and which are refused: defaults and validation of pods and of all the other kinds. */
import type { Area, ConformanceCase } from '../case.ts';
import { REFUSED_OBJECTS, TAKEN_OBJECTS } from './core-kind-bodies.ts';
import { REFUSED_PODS, TAKEN_PODS } from './core-pod-bodies.ts';

const CLUSTER_SCOPED = ['namespaces', 'nodes', 'persistentvolumes'];

/** One case a topic; without `resource` the topic is the resource. */
function casesOf(verb: string, table: string, resource?: string): ConformanceCase[] {
  return table
    .trim()
    .split(/^# /m)
    .slice(1)
    .map((section) => {
      const [topic = '', ...bodies] = section.trim().split('\n');
      const plural = resource ?? topic;
      const place = CLUSTER_SCOPED.includes(plural) ? '' : '/namespaces/$ns';
      return {
        name: resource === undefined ? `${verb} ${plural}` : `${verb} ${plural}: ${topic}`,
        steps: bodies.map((body) => ({
          request: `POST /api/v1${place}/${plural}?dryRun=All`,
          body,
        })),
      };
    });
}

export const CORE_VALIDATION_PODS: Area = {
  name: 'core-validation-pods',
  cases: casesOf('refuses', REFUSED_PODS, 'pods'),
};

export const CORE_VALIDATION: Area = {
  name: 'core-validation',
  cases: casesOf('refuses', REFUSED_OBJECTS),
};

const LATER: Record<string, string> = {
  '*.body.metadata.finalizers': 'set by a controller here, moments after the object is made',
  '*.body.spec.taints': 'a node that is not ready yet is tainted by a controller here',
};
const MADE_COMPLETE_LATER = [
  'takes nodes',
  'takes persistentvolumes',
  'takes persistentvolumeclaims',
];

export const CORE_DEFAULTS: Area = {
  name: 'core-defaults',
  cases: [
    ...casesOf('takes', TAKEN_PODS, 'pods'),
    ...casesOf('takes', TAKEN_OBJECTS).map((one) =>
      MADE_COMPLETE_LATER.includes(one.name) ? { ...one, differs: LATER } : one,
    ),
  ],
};
