/** DeleteOptions, from the body of a delete or, without one, from its query parameters. */
import { decodingProblem } from '../builtin/go-decoding.ts';
import { builtinTypes } from '../builtin/types.ts';
import type { JsonObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { isObject } from '../schema/json.ts';
import { decodeBody } from './body.ts';
import { goTypeOf, stringAt, valueAt } from './json.ts';
import type { ApiRequest } from './request.ts';
import { isTrue } from './route.ts';
import { badRequest, invalid } from './status-error.ts';
import { JSON_ERROR, TYPE_META } from './typed-body.ts';
import { numberIn, unsupported } from './write-options.ts';

export interface DeleteOptions {
  dryRun: boolean;
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** Deletion of the dependents was asked for in the old way, by `orphanDependents: false`. */
  isCascading?: boolean;
  gracePeriodSeconds?: number;
  uid?: string;
  resourceVersion?: string;
}

/** The options as webhooks get them. */
export function deleteOptionsObject(options: DeleteOptions): JsonObject {
  const { dryRun, propagation, gracePeriodSeconds, uid, resourceVersion } = options;
  const preconditions = {
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  return {
    kind: 'DeleteOptions',
    apiVersion: 'meta.k8s.io/v1',
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(Object.keys(preconditions).length > 0 && { preconditions }),
    ...(propagation !== undefined && { propagationPolicy: propagation }),
    ...(dryRun && { dryRun: ['All'] }),
  };
}

/** The options of a delete. Throws 400, 415, 422. */
export function deleteOptionsOf(request: ApiRequest): DeleteOptions {
  const { value } = decodeBody(request);
  if (value === undefined) return deleteOptions(optionsInQuery(request.query));
  return deleteOptions(value);
}

/** The same from the query parameters. Throws 400. */
export function optionsInQuery(query: URLSearchParams): JsonObject {
  const grace = numberIn(query, 'gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const dryRun = query.getAll('dryRun');
  const orphan = query.get('orphanDependents');
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy !== null && { propagationPolicy: policy }),
    ...(dryRun.length > 0 && { dryRun }),
    ...(orphan !== null && { orphanDependents: isTrue(orphan) }),
  };
}

/** Reads DeleteOptions as a body has them. Throws 400, 422. */
export function deleteOptions(body: unknown): DeleteOptions {
  if (body === null) return { dryRun: false };
  if (!isObject(body))
    throw badRequest(
      `${JSON_ERROR}json: cannot unmarshal ${goTypeOf(body)} into Go value of type ${TYPE_META}`,
    );
  const problem = bodyProblem(body);
  if (problem !== undefined) throw badRequest(problem);
  const policy = stringAt(body, 'propagationPolicy');
  const orphan = valueAt(body, 'orphanDependents') ?? undefined;
  const given = valueAt(body, 'dryRun');
  const dryRun = (Array.isArray(given) ? given : []).map(String);
  checkDeleteOptions({ policy, hasOrphan: typeof orphan === 'boolean', dryRun });
  const propagation = policy ?? (orphan === true ? 'Orphan' : orphan === false ? 'Background' : '');
  const grace = valueAt(body, 'gracePeriodSeconds');
  return {
    dryRun: dryRun.length > 0,
    ...(isPropagation(propagation) && { propagation }),
    ...(orphan === false && { isCascading: true }),
    ...(typeof grace === 'number' && { gracePeriodSeconds: grace }),
    uid: stringAt(body, 'preconditions', 'uid'),
    resourceVersion: stringAt(body, 'preconditions', 'resourceVersion'),
  };
}

function bodyProblem(body: JsonObject): string | undefined {
  const kind = stringAt(body, 'kind') ?? '';
  const apiVersion = stringAt(body, 'apiVersion') ?? 'v1';
  if (kind !== '' && kind !== 'DeleteOptions')
    return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`;
  return decodingProblem(builtinTypes, 'meta.DeleteOptions', body);
}

type Propagation = NonNullable<DeleteOptions['propagation']>;

function isPropagation(text: string): text is Propagation {
  return text === 'Background' || text === 'Foreground' || text === 'Orphan';
}

function checkDeleteOptions(options: {
  policy: string | undefined;
  hasOrphan: boolean;
  dryRun: string[];
}): void {
  const { policy, hasOrphan, dryRun } = options;
  const errors: FieldError[] = [];
  const field = 'propagationPolicy';
  if (policy !== undefined && hasOrphan) {
    const why = 'orphanDependents and deletionPropagation cannot be both set';
    const detail = `Invalid value: ${JSON.stringify(policy)}: ${why}`;
    errors.push({ type: 'Invalid', field, detail });
  }
  if (policy !== undefined && !isPropagation(policy))
    errors.push(unsupported(field, policy, ['Foreground', 'Background', 'Orphan', 'nil']));
  if (dryRun.some((value) => value !== 'All')) errors.push(unsupported('dryRun', dryRun, ['All']));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}
