/** The options of writes, from query parameters; those of deletes are in `delete-options.ts`. */
import type { JsonObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
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
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All')) errors.push(unsupported('dryRun', dryRun, ['All']));
  const manager = query.get('fieldManager') ?? '';
  if (manager.length > 128) {
    errors.push({
      type: 'TooLong',
      field: 'fieldManager',
      detail: 'Too long: may not be more than 128 bytes',
    });
  }
  if (manager.search(UNPRINTABLE) !== -1) {
    const at = manager.search(UNPRINTABLE);
    const code = (manager.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const why = `invalid character U+${code} (at position ${at})`;
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
    errors.push(unsupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
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

export function unsupported(
  field: string,
  value: string | string[],
  supported: string[],
): FieldError {
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

const INT64_MAX = 2n ** 63n - 1n;
const NUMBERS = {
  ParseInt: { form: /^[-+]?\d+$/, min: -INT64_MAX - 1n, max: INT64_MAX },
  ParseUint: { form: /^\d+$/, min: 0n, max: 2n ** 64n - 1n },
};

/** What Go's `strconv` says of a number of 64 bits; undefined when it can read it. */
export function numberProblem(reader: keyof typeof NUMBERS, text: string): string | undefined {
  const { form, min, max } = NUMBERS[reader];
  const complaint = `strconv.${reader}: parsing ${JSON.stringify(text)}`;
  if (!form.test(text)) return `${complaint}: invalid syntax`;
  const value = BigInt(text.replace('+', ''));
  return value < min || value > max ? `${complaint}: value out of range` : undefined;
}

/** A whole number in the query; undefined when it is not there. Throws 400 for anything else. */
export function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const problem = numberProblem('ParseInt', text);
  if (problem !== undefined) throw badRequest(problem);
  return Number(text);
}
