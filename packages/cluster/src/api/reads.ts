/** get and list, with paging over a consistent state. */
import type { Storage } from '../storage/storage.ts';
import { StorageError } from '../storage/storage.ts';
import { after } from './eventual.ts';
import type { Eventual } from './eventual.ts';
import { stringAt, valueAt } from './json.ts';
import { jsonSyntaxError } from './json-syntax.ts';
import { listOptions } from './list-options.ts';
import { parseSelection } from './list-selection.ts';
import type { Selection } from './list-selection.ts';
import { fromStorage } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ListMetadata } from './representation.ts';
import type { ServedResource } from './resource-registry.ts';
import { badRequest, expired, tooLargeResourceVersion } from './status-error.ts';
import type { StatusError } from './status-error.ts';
import { numberIn } from './write-options.ts';

export interface ListResult {
  objects: ApiObject[];
  metadata: ListMetadata;
}

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the ' +
  'continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing ' +
  'with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the ' +
  'time the first chunk was returned and now may show up in the list.';

/** Answers a list. Throws 400, 410 (`Expired`), 504 (a resourceVersion from the future). */
export function listObjects(
  storage: Storage,
  target: { resource: ServedResource; namespace?: string },
  query: URLSearchParams,
): ListResult {
  const selection = parseSelection(target.resource, target, query);
  numberIn(query, 'timeoutSeconds');
  const limit = limitOf(query);
  const start = startOf(storage, { query, limit, prefix: selection.prefix });
  try {
    return page(storage, selection, { limit, ...start });
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'compacted') throw error;
    if (start.after === undefined)
      throw expired('The resourceVersion for the provided list is too old.');
    const refusal = expired(CONTINUE_EXPIRED);
    refusal.status.metadata = { continue: encodeContinue(-1, start.after) };
    throw refusal;
  }
}

/**
 * The objects of a kind that is made for each request, by name; of one name when `target` has one. There is no revision and
 * there are no pages. Throws 400 for selectors that cannot be read.
 */
export function listComputed(
  target: { resource: ServedResource; namespace?: string; name?: string },
  query: URLSearchParams,
): Eventual<ListResult> {
  const { resource, namespace } = target;
  const selection = parseSelection(resource, target, query);
  return after(resource.definition.compute?.() ?? [], (all) => ({
    objects: all
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .filter((object) => selection.matches(object))
      .toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)),
    metadata: { resourceVersion: '' },
  }));
}

function sortKey({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** A list that takes what there is (revision "0") comes in one page. */
function limitOf(query: URLSearchParams): number {
  const limit = numberIn(query, 'limit') ?? 0;
  return query.get('resourceVersion') === '0' ? 0 : limit;
}

interface Start {
  after?: string;
  revision?: number;
}

function page(
  storage: Storage,
  selection: Selection,
  { limit, after, revision }: Start & { limit: number },
): ListResult {
  const isPaged = limit > 0;
  const objects: ApiObject[] = [];
  // With selectors the number of entries to look at is not known; those lists are cut here instead of in the storage.
  const range = storage.list(selection.prefix, {
    after,
    revision,
    ...(isPaged && selection.isEverything && { limit }),
  });
  let last: string | undefined;
  let seen = 0;
  for (const entry of range.entries) {
    if (isPaged && objects.length === limit) break;
    seen += 1;
    last = entry.key;
    const object = fromStorage(entry);
    if (selection.isEverything || selection.matches(object)) objects.push(object);
  }
  const remaining = range.remaining + range.entries.length - seen;
  const metadata: ListMetadata = { resourceVersion: String(range.revision) };
  if (isPaged && remaining > 0 && last !== undefined) {
    metadata.continue = encodeContinue(range.revision, last);
    if (selection.isEverything) metadata.remainingItemCount = remaining;
  }
  return { objects, metadata };
}

/**
 * Where a list begins. Without `resourceVersionMatch` a revision means "at least that", but with a limit "exactly that"
 * (kubernetes.io/docs/reference/using-api/api-concepts, "Semantics for get and list").
 */
function startOf(
  storage: Storage,
  { query, limit, prefix }: { query: URLSearchParams; limit: number; prefix: string },
): Start {
  const { continueToken, match, revision: asked = 0 } = listOptions(query, 'list');
  const current = storage.revision();
  if (continueToken !== '') {
    const start = decodeContinue(continueToken, prefix);
    if (asked !== 0)
      throw badRequest('specifying resource version is not allowed when using continue');
    if ((start.revision ?? 0) > current) throw invalidContinue(': it is from the future');
    return start;
  }
  if (asked > current) throw tooLargeResourceVersion(asked, current);
  const isExact = match === 'Exact' || (match === '' && limit > 0 && asked > 0);
  return isExact ? { revision: asked } : {};
}

const TOKEN_VERSION = 'meta.k8s.io/v1';

/** `revision` -1: continue in the current state. */
function encodeContinue(revision: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: TOKEN_VERSION, rv: revision, start: after })).toString(
    'base64url',
  );
}

/** A token is good for the list it was given for: it cannot lead out of `prefix`. */
function decodeContinue(token: string, prefix: string): Start {
  const value = continueIn(token);
  const after = stringAt(value, 'start') ?? '';
  const revision = valueAt(value, 'rv') ?? 0;
  const version = stringAt(value, 'v') ?? '';
  if (version !== TOKEN_VERSION)
    throw invalidContinue(` server does not recognize this encoded version ${version}`);
  if (typeof revision !== 'number' || !Number.isInteger(revision) || revision === 0)
    throw invalidContinue(`: incorrect encoded start resourceVersion (version ${TOKEN_VERSION})`);
  if (after === '') throw invalidContinue(`: encoded start key empty (version ${TOKEN_VERSION})`);
  if (!after.startsWith(prefix)) throw invalidContinue(`: ${after}`);
  return revision < 0 ? { after } : { after, revision };
}

function continueIn(token: string): unknown {
  const broken = token.search(/[^\w-]/);
  // a last character alone is no byte
  const at = broken === -1 && token.length % 4 === 1 ? token.length - 1 : broken;
  if (at !== -1) throw invalidContinue(`: illegal base64 data at input byte ${at}`);
  const bytes = Buffer.from(token, 'base64url');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalidContinue(`: ${jsonSyntaxError(bytes, 'it cannot be decoded')}`);
  }
}

function invalidContinue(why: string): StatusError {
  return badRequest(`invalid continue token: continue key is not valid${why}`);
}
