/** PATCH: from a patch of any of the four types to the object it makes. */
import { serverSideApply } from '../apply/apply.ts';
import { PatchError } from '../patch/errors.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { applyStrategicMerge } from '../patch/strategic-merge.ts';
import type { JsonObject } from '../schema/json.ts';
import { contentTypeOf, decodePatchBody } from './body.ts';
import type { DecodedBody } from './body.ts';
import { decodeObject, pruneUnknown, withMetadata } from './decode-object.ts';
import { after } from './eventual.ts';
import type { Eventual } from './eventual.ts';
import { isTooDeep, stringAt } from './json.ts';
import { timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ObjectWriter, WriteTarget } from './object-writer.ts';
import type { ApiRequest } from './request.ts';
import type { ServedResource } from './resource-registry.ts';
import { applicableScale, fromScale, toScale } from './scale.ts';
import {
  applyConflict,
  badRequest,
  conflict,
  invalid,
  StatusError,
  unsupportedMediaType,
} from './status-error.ts';
import { writeOptions } from './write-options.ts';
import type { WriteOptions } from './write-options.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** The media types a resource takes; strategic merge needs the hints that only built-in kinds have. */
export function patchTypes(resource: ServedResource): string[] {
  return [
    JSON_PATCH,
    MERGE_PATCH,
    ...(resource.isCustom ? [] : [STRATEGIC_MERGE_PATCH]),
    APPLY_PATCH,
  ];
}

export interface Patched {
  object: ApiObject;
  isNew: boolean;
}

export interface PatchContext {
  writer: ObjectWriter;
  target: WriteTarget;
  request: ApiRequest;
  warn: (text: string) => void;
  now: number;
}

/** Patches an object, or with an apply patch makes it. Throws or rejects with NotFound, Conflict, Invalid, 400, 415. */
export function patchObject(context: PatchContext): Eventual<Patched> {
  const { writer, target, request, warn } = context;
  const type = contentTypeOf(request);
  if (!patchTypes(target.resource).includes(type))
    throw unsupportedMediaType(patchTypes(target.resource));
  const options = writeOptions(request, 'PatchOptions', type === APPLY_PATCH);
  const first = decodePatchBody(request, type === APPLY_PATCH ? 'yaml' : 'json');
  if (type === APPLY_PATCH) return applyPatch(context, first, options);
  const behaviour = { ...options, caller: { user: request.user, warn } };
  const object = writer.update(target, behaviour, (current, attempt) => {
    // The object of an earlier attempt shares parts of the body, and admission may have changed them.
    const body = attempt === 1 ? first : decodePatchBody(request, 'json');
    if (target.subresource === 'scale') {
      const scale = patched(context, toScale(target.resource, current), { type, body: body.value });
      return fromScale(target.resource, current, scale);
    }
    const result = patched(context, current, { type, body: body.value });
    return checkPatched(context, result, { body, options });
  });
  return after(object, (result) => ({ object: result, isNew: false }));
}

function patched(
  { target }: PatchContext,
  document: JsonObject,
  patch: { type: string; body: unknown },
): JsonObject {
  const { source } = target.resource.version.schema;
  const result = refusing(() => {
    switch (patch.type) {
      case JSON_PATCH:
        return applyJsonPatch(document, patch.body);
      case STRATEGIC_MERGE_PATCH:
        return applyStrategicMerge({ original: document, patch: patch.body, source });
      default:
        return applyMergePatch(document, patch.body);
    }
  });
  // A patch within the bounds of a body can still go deeper than the object it is put into allows.
  if (isTooDeep(result)) throw badRequest('error decoding patch: exceeded max depth');
  return result;
}

function checkPatched(
  { target, warn }: PatchContext,
  result: JsonObject,
  { body, options }: { body: DecodedBody; options: WriteOptions },
): ApiObject {
  const object = decodeObject(result, target);
  pruneUnknown(object, target.resource, {
    fieldValidation: options.fieldValidation,
    duplicates: body.duplicates,
    warn,
    refuse: (complaints) =>
      invalid({ group: '', kind: '' }, '', [
        {
          type: 'Invalid',
          field: 'patch',
          detail: `Invalid value: ${JSON.stringify(JSON.stringify(body.value))}: ${complaints}`,
        },
      ]),
  });
  return object;
}

function applyPatch(
  context: PatchContext,
  first: DecodedBody,
  options: WriteOptions,
): Eventual<Patched> {
  const { writer, target, request, warn } = context;
  const tracked = { ...options, isTracked: true, caller: { user: request.user, warn } };
  if ((target.subresource ?? '') === '' && !writer.exists(target)) {
    const applied = decodeApplied(context, first, options);
    if (applied.metadata.uid !== undefined) {
      const why = `uid mismatch: the provided object specified uid ${applied.metadata.uid}, and no existing object was found`;
      throw conflict(target.resource, target.name, why);
    }
    const created = writer.create(target, merge(context, { applied, options }), tracked);
    if (!(created instanceof Promise)) return { object: created, isNew: true };
    return created.then(
      (object) => ({ object, isNew: true }),
      (error: unknown) => {
        // Somebody else has made it while a webhook was asked.
        if (!isAlreadyExists(error)) throw error;
        return applyPatch(context, decodePatchBody(request, 'yaml'), options);
      },
    );
  }
  // A uid or resourceVersion in the configuration comes through the merge and is checked as on every update.
  const object = writer.update(target, tracked, (live, attempt) => {
    const body = attempt === 1 ? first : decodePatchBody(request, 'yaml');
    return merge(context, { applied: decodeApplied(context, body, options), options, live });
  });
  return after(object, (result) => ({ object: result, isNew: false }));
}

function isAlreadyExists(error: unknown): boolean {
  return error instanceof StatusError && error.status.reason === 'AlreadyExists';
}

function decodeApplied(
  { target, warn }: PatchContext,
  body: DecodedBody,
  options: WriteOptions,
): ApiObject {
  if (target.subresource === 'scale') return applicableScale(target.resource, target, body.value);
  checkAppliedVersion(body.value, target.resource);
  const applied = decodeObject(body.value, target);
  const duplicates = options.fieldValidation === 'Ignore' ? [] : body.duplicates();
  if (duplicates.length > 0) {
    const text = duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`).join(', ');
    if (options.fieldValidation === 'Strict')
      throw badRequest(`error strict decoding YAML: ${text}`);
    warn(text);
  }
  const unknown = target.resource.version.schema.prune(applied);
  if (unknown.length > 0) {
    const { namespace, name, resource } = target;
    const object = `${namespace ?? ''}/${name}; ${resource.apiVersion}, Kind=${resource.kind}`;
    const problems = unknown.map((path) => `.${path}: field not declared in schema`).join('\n');
    const message = `failed to create typed patch object (${object}): ${problems}`;
    throw badRequest(message);
  }
  return applied;
}

/** What is applied must say its version: there is nothing to take it from. */
function checkAppliedVersion(value: unknown, resource: ServedResource): void {
  const stated = stringAt(value, 'apiVersion') ?? '';
  if (stated === resource.apiVersion) return;
  throw badRequest(
    `Incorrect version specified in apply patch. Specified patch version: ${stated}, expected: ${resource.apiVersion}`,
  );
}

function merge(
  { target, writer, now }: PatchContext,
  { applied, options, live }: { applied: ApiObject; options: WriteOptions; live?: ApiObject },
): ApiObject {
  const { resource, subresource } = target;
  const result = refusing(() =>
    serverSideApply({
      live,
      applied,
      manager: options.manager,
      force: options.force,
      source: resource.version.schema.source,
      subresource,
      apiVersion: resource.apiVersion,
      versions: writer.versions(resource),
      now: timestamp(now),
      hasStatus: resource.version.status,
    }),
  );
  if (result.kind === 'conflict') throw applyConflict(result);
  return withMetadata(result.object, resource);
}

/** Runs an operation of `patch/` or `apply/` and gives its refusals the form of this server's. */
function refusing<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    const { status: code, reason, message } = error;
    // A 422 without details is what makes kubectl say "The request is invalid".
    const failure = { code, reason, message, ...(code === 422 && { details: {} }) };
    throw new StatusError(failure, error);
  }
}
