/** The parameters of lists and watches that say where in time they are, checked as `metainternalversion` does. */
import type { FieldError } from '../schema/schema.ts';
import { isTrue } from './route.ts';
import { badRequest, invalid } from './status-error.ts';
import { numberProblem } from './write-options.ts';

export interface ListOptions {
  /** Absent when the client did not say. */
  revision?: number;
  match: '' | 'Exact' | 'NotOlderThan';
  /** Absent when the client did not say. */
  sendInitialEvents?: boolean;
  /** Empty when the list starts at the beginning. */
  continueToken: string;
}

/** Reads and checks the options of a list or watch. Throws 400, 422. */
export function listOptions(query: URLSearchParams, verb: 'list' | 'watch'): ListOptions {
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.get('sendInitialEvents') ?? '';
  const continueToken = query.get('continue') ?? '';
  const errors =
    verb === 'list'
      ? listErrors(query, { match, initial, continueToken })
      : watchErrors({ match, initial, continueToken });
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  return {
    revision: revisionIn(query),
    match: match === 'Exact' || match === 'NotOlderThan' ? match : '',
    continueToken,
    ...(initial !== '' && { sendInitialEvents: isTrue(initial) }),
  };
}

interface Asked {
  match: string;
  initial: string;
  continueToken: string;
}

function listErrors(
  query: URLSearchParams,
  { match, initial, continueToken }: Asked,
): FieldError[] {
  const errors: FieldError[] = [];
  const revision = query.get('resourceVersion') ?? '';
  if (match !== '') {
    if (revision === '') {
      errors.push(
        forbiddenMatch('resourceVersionMatch is forbidden unless resourceVersion is provided'),
      );
    }
    if (continueToken !== '') errors.push(forbiddenMatch(WITH_CONTINUE));
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(unsupportedMatch(match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && revision === '0') {
      const why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
      errors.push(forbiddenMatch(why));
    }
  }
  if (initial !== '') {
    const detail = 'Forbidden: sendInitialEvents is forbidden for list';
    errors.push({ type: 'Forbidden', field: 'sendInitialEvents', detail });
  }
  return errors;
}

function watchErrors({ match, initial, continueToken }: Asked): FieldError[] {
  const errors: FieldError[] = [];
  if (initial !== '' && match !== 'NotOlderThan') {
    errors.push(
      forbiddenMatch('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
    );
  }
  if (match === '') return errors;
  if (initial === '') {
    const why = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    errors.push(forbiddenMatch(why));
  }
  if (match !== 'NotOlderThan') errors.push(unsupportedMatch(match, ['NotOlderThan']));
  if (continueToken !== '') errors.push(forbiddenMatch(WITH_CONTINUE));
  return errors;
}

const MATCH = 'resourceVersionMatch';
const WITH_CONTINUE = 'resourceVersionMatch is forbidden when continue is provided';

function forbiddenMatch(why: string): FieldError {
  return { type: 'Forbidden', field: MATCH, detail: `Forbidden: ${why}` };
}

function unsupportedMatch(value: string, supported: string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  const detail = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { type: 'NotSupported', field: MATCH, detail };
}

/** The `resourceVersion` parameter; undefined when it is absent or empty. Throws 400. */
function revisionIn(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  const problem = numberProblem('ParseUint', text);
  if (problem === undefined) return Number(text);
  const invalidValue = `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${problem}`;
  throw badRequest(`invalid resource version: ${invalidValue}`);
}
