/** The options of writes, from query parameters and bodies of DeleteOptions. */
import { isObject } from '../schema/json.ts';
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

/** The program's name in the User-Agent, as apiserver does. */
function defaultManager(request: ApiRequest): string {
  const agent = request.headers['user-agent']?.split('/')[0] ?? '';
  return agent === '' ? 'unknown' : agent.slice(0, 128);
}

export interface DeleteOptions {
  dryRun: boolean;
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  uid?: string;
  resourceVersion?: string;
}

/** Body and query of a delete; the body wins. */
export function deleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  if (body !== undefined && body !== null && !isObject(body))
    throw badRequest('DeleteOptions must be an object');
  const grace = valueAt(body, 'gracePeriodSeconds') ?? numberIn(query, 'gracePeriodSeconds');
  const orphan =
    valueAt(body, 'orphanDependents') ??
    (query.has('orphanDependents') ? isTrue(query.get('orphanDependents')) : undefined);
  const policy =
    stringAt(body, 'propagationPolicy') ??
    query.get('propagationPolicy') ??
    (orphan === undefined || orphan === null ? '' : orphan === true ? 'Orphan' : 'Background');
  if (policy !== '' && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      unsupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan']),
    ]);
  }
  const dryRun = valueAt(body, 'dryRun') ?? query.getAll('dryRun');
  return {
    dryRun: Array.isArray(dryRun) && dryRun.includes('All'),
    ...(policy !== '' && { propagation: policy }),
    ...(typeof grace === 'number' && { gracePeriodSeconds: grace }),
    uid: stringAt(body, 'preconditions', 'uid'),
    resourceVersion: stringAt(body, 'preconditions', 'resourceVersion'),
  };
}

/** A whole number in the query; undefined when it is not there. Throws 400 for anything else. */
export function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw badRequest(`invalid value for ${name}: ${JSON.stringify(text)}`);
  return Number(text);
}
