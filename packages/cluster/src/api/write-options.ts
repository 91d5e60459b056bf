/** The options of writes, from query parameters and bodies of DeleteOptions. */
import { isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { stringAt, valueAt } from './json.ts';
import type { ApiRequest } from './request.ts';
import { isTrue } from './route.ts';
import { badRequest, invalid } from './status-error.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface WriteOptions {
  /** Run everything, store nothing. */
  dryRun: boolean;
  /** Who the changed fields belong to. */
  manager: string;
  fieldValidation: FieldValidation;
  /** Server-side apply takes fields away from other managers. */
  force: boolean;
  /** The same as webhooks get it: CreateOptions, UpdateOptions or PatchOptions. */
  options: JsonObject;
}

/** Reads the options of create, update and patch. `kind` names them in errors. */
export function writeOptions(
  request: ApiRequest,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  isApply = false,
): WriteOptions {
  const { query } = request;
  const errors: FieldError[] = [];
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) {
    errors.push(unsupported('dryRun', dryRun.join(','), ['All']));
  }
  const manager = query.get('fieldManager') ?? '';
  if (manager.length > 128) {
    errors.push({
      type: 'TooLong',
      field: 'fieldManager',
      detail: 'Too long: may not be more than 128 bytes',
    });
  }
  if (manager.search(UNPRINTABLE) !== -1) {
    const why = 'should only contain printable characters';
    const detail = `Invalid value: ${JSON.stringify(manager)}: ${why}`;
    errors.push({ type: 'Invalid', field: 'fieldManager', detail });
  }
  if (isApply && manager === '') {
    errors.push({
      type: 'Required',
      field: 'fieldManager',
      detail: 'Required value: is required for apply patch',
    });
  }
  const force = query.get('force');
  if (force !== null && kind === 'PatchOptions' && !isApply) {
    errors.push({
      type: 'Forbidden',
      field: 'force',
      detail: 'Forbidden: may not be specified for non-apply patch',
    });
  }
  const validation = query.get('fieldValidation') ?? '';
  if (!['', 'Strict', 'Warn', 'Ignore'].includes(validation)) {
    errors.push(unsupported('fieldValidation', validation, ['Ignore', 'Warn', 'Strict']));
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    manager: manager === '' ? defaultManager(request) : manager,
    fieldValidation: validation === 'Strict' || validation === 'Ignore' ? validation : 'Warn',
    force: isTrue(force),
    options: {
      kind,
      apiVersion: 'meta.k8s.io/v1',
      ...(dryRun.length > 0 && { dryRun: ['All'] }),
      ...(isApply && { force: isTrue(force) }),
      ...(manager !== '' && { fieldManager: manager }),
      ...(validation !== '' && { fieldValidation: validation }),
    },
  };
}

function unsupported(field: string, value: string, supported: string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  return {
    type: 'NotSupported',
    field,
    detail: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
  };
}

/** What is not printable as Go's `unicode.IsPrint` has it. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** The program's name in the User-Agent, as apiserver does. */
function defaultManager(request: ApiRequest): string {
  const agent = request.headers['user-agent']?.split('/')[0] ?? '';
  return agent === '' ? 'unknown' : agent.replace(UNPRINTABLE, '').slice(0, 128);
}

export interface DeleteOptions {
  dryRun: boolean;
  propagation?: 'Background' | 'Foreground' | 'Orphan';
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

/** Body and query of a delete; the body wins. */
export function deleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  if (body !== undefined && body !== null && !isObject(body))
    throw badRequest('DeleteOptions must be an object');
  const grace = valueAt(body, 'gracePeriodSeconds') ?? numberIn(query, 'gracePeriodSeconds');
  if (grace !== undefined && grace !== null && !Number.isInteger(grace))
    throw badRequest('json: cannot unmarshal gracePeriodSeconds into a field of type int64');
  const orphan =
    valueAt(body, 'orphanDependents') ??
    (query.has('orphanDependents') ? isTrue(query.get('orphanDependents')) : undefined);
  const policy = stringAt(body, 'propagationPolicy') ?? query.get('propagationPolicy') ?? '';
  const given = valueAt(body, 'dryRun') ?? query.getAll('dryRun');
  const dryRun = (Array.isArray(given) ? given : []).map(String).filter((value) => value !== '');
  checkDeleteOptions({ policy, hasOrphan: typeof orphan === 'boolean', dryRun });
  const propagation =
    policy !== '' ? policy : orphan === true ? 'Orphan' : orphan === false ? 'Background' : '';
  return {
    dryRun: dryRun.length > 0,
    ...(isPropagation(propagation) && { propagation }),
    ...(typeof grace === 'number' && { gracePeriodSeconds: grace }),
    uid: stringAt(body, 'preconditions', 'uid'),
    resourceVersion: stringAt(body, 'preconditions', 'resourceVersion'),
  };
}

type Propagation = NonNullable<DeleteOptions['propagation']>;

function isPropagation(text: string): text is Propagation {
  return text === 'Background' || text === 'Foreground' || text === 'Orphan';
}

function checkDeleteOptions(options: {
  policy: string;
  hasOrphan: boolean;
  dryRun: string[];
}): void {
  const { policy, hasOrphan, dryRun } = options;
  const errors: FieldError[] = [];
  const field = 'propagationPolicy';
  if (policy !== '' && hasOrphan) {
    const why = 'orphanDependents and deletionPropagation cannot be both set';
    const detail = `Invalid value: ${JSON.stringify(policy)}: ${why}`;
    errors.push({ type: 'Invalid', field, detail });
  }
  if (policy !== '' && !isPropagation(policy))
    errors.push(unsupported(field, policy, ['Foreground', 'Background', 'Orphan']));
  if (dryRun.some((value) => value !== 'All'))
    errors.push(unsupported('dryRun', dryRun.join(','), ['All']));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}

/** A whole number in the query; undefined when it is not there. Throws 400 for anything else. */
export function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw badRequest(`invalid value for ${name}: ${JSON.stringify(text)}`);
  return Number(text);
}
