/** DefaultTolerationSeconds: pods bear five minutes of a node that is not ready or not reachable. */
import { listAt, objectAt, stringAt } from '../../json.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { isCore } from '../stored-objects.ts';

const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const EFFECT = 'NoExecute';

export const defaultTolerationsPlugin: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutates: (request) => ['CREATE', 'UPDATE'].includes(request.operation) && isCore(request, 'pods'),
  mutate({ object }) {
    const spec = objectAt(object, 'spec');
    if (!spec) return;
    const given = listAt(spec, 'tolerations');
    const missing = TAINTS.filter((key) => !given.some((item) => tolerates(item, key)));
    const added = missing.map((key) => ({
      key,
      operator: 'Exists',
      effect: EFFECT,
      tolerationSeconds: 300,
    }));
    if (added.length > 0) spec['tolerations'] = [...given, ...added];
  },
};

function tolerates(toleration: unknown, taint: string): boolean {
  const key = stringAt(toleration, 'key') ?? '';
  const effect = stringAt(toleration, 'effect') ?? '';
  return (key === taint || key === '') && (effect === EFFECT || effect === '');
}
