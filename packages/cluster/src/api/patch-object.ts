/** PATCH: from a patch of any of the four types to the object it makes. */
import { nameOf, serverSideApply, typeText } from '../apply/apply.ts';
import { PatchError } from '../patch/errors.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { applyStrategicMerge } from '../patch/strategic-merge.ts';
import { cloneJson, isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import { contentTypeOf } from './body.ts';
import type { DecodedBody } from './body.ts';
import { decodeObject, pruneUnknown } from './decode-object.ts';
import { duplicatesError } from './duplicate-keys.ts';
import type { DuplicateKeys } from './duplicate-keys.ts';
import { after } from './eventual.ts';
import type { Eventual } from './eventual.ts';
import { goTypeOf, isTooDeep, stringAt } from './json.ts';
import { invalidValue } from './names.ts';
import { timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import { statusResets } from './object-rules.ts';
import type { ObjectWriter, WriteTarget } from './object-writer.ts';
import {
  APPLY_PATCH,
  asConverter,
  JSON_PATCH,
  MERGE_PATCH,
  readPatch,
  STRATEGIC_MERGE_PATCH,
  unknownOperationFields,
  unusablePatch,
} from './patch-body.ts';
import type { ApiRequest } from './request.ts';
import type { ServedResource } from './resource-registry.ts';
import {
  checkApplicableScale,
  scaleForm,
  withScale,
  withUpdatedScale,
  writableScale,
} from './scale-write.ts';
import type { ScaleWrite } from './scale-write.ts';
import {
  applyConflict,
  badRequest,
  conflict,
  invalid,
  noSuchMediaType,
  StatusError,
  unexpectedInput,
  unsupportedMediaType,
} from './status-error.ts';
import { writeOptions } from './write-options.ts';
import type { WriteOptions } from './write-options.ts';

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
    throw target.resource.isCustom
      ? unsupportedMediaType(patchTypes(target.resource))
      : noSuchMediaType();
  const options = writeOptions(request, 'PatchOptions', type === APPLY_PATCH);
  const first = readPatch(request, type);
  if (type === APPLY_PATCH) return applyPatch(context, first, options);
  const isTracked = target.subresource === 'scale';
  const behaviour = { ...options, isTracked, caller: { user: request.user, warn } };
  const object = writer.update(target, behaviour, (current, attempt) => {
    // The object of an earlier attempt shares parts of the body, and admission may have changed them.
    const body = attempt === 1 ? first : readPatch(request, type);
    const patch = { type, body: body.value };
    const check = (result: JsonObject) =>
      withUid(context, current, checkPatched(context, result, { type, body, options }));
    if (target.subresource !== 'scale') return check(patched(context, current, patch));
    const write = scaleWrite(context, current, options);
    return withUpdatedScale(write, check(patched(context, writableScale(write), patch)));
  });
  return after(object, (result) => ({ object: result, isNew: false }));
}

/** The resource, or what it is on its scale endpoint. */
function formOf({ resource, subresource }: WriteTarget): ServedResource {
  return subresource === 'scale' ? scaleForm(resource) : resource;
}

function scaleWrite(
  { target, now }: PatchContext,
  current: ApiObject,
  { manager }: WriteOptions,
): ScaleWrite {
  return { resource: target.resource, current, manager, now };
}

function patched(
  { target }: PatchContext,
  document: JsonObject,
  patch: { type: string; body: unknown },
): JsonObject {
  const { source } = formOf(target).version.schema;
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
  { type, body, options }: { type: string; body: DecodedBody; options: WriteOptions },
): ApiObject {
  const resource = formOf(target);
  const isStrategic = type === STRATEGIC_MERGE_PATCH;
  const { kind, apiVersion } = resource;
  // What the patch did not touch is the stored object's own.
  const own = cloneJson(result);
  // The kind is not among what a strategic merge patch is about.
  if (isStrategic) Object.assign(own, { kind, apiVersion });
  if (isUnnamed(own)) throw nameMissing(target);
  // What a Secret holds is not repeated to anybody.
  const shown = isStrategic || kind === 'Secret' ? body.value : result;
  const refuse = (problem: string) => unusablePatch(type, shown, problem);
  return refusingUnusable(refuse, () => {
    const decoded = decodeObject(own, { ...target, resource });
    pruneUnknown(decoded, resource, {
      fieldValidation: options.fieldValidation,
      duplicates: () => patchComplaints(type, body),
      warn,
      refuse,
    });
    return decoded;
  });
}

/** A patch may say whose it is, but not make another object of it. */
function withUid({ target }: PatchContext, current: ApiObject, patched: ApiObject): ApiObject {
  const { uid } = patched.metadata;
  if (uid === undefined || uid === current.metadata.uid) return patched;
  const error = invalidValue('metadata.uid', uid, 'field is immutable');
  // A real server finds it for all kinds, and then for this one.
  throw invalid(target.resource, target.name, [error, error]);
}

/** Metadata of the wrong type is left for others to refuse. */
function isUnnamed({ metadata = null }: JsonObject): boolean {
  return metadata === null || (isObject(metadata) && (metadata['name'] ?? '') === '');
}

function patchComplaints(type: string, body: DecodedBody): DuplicateKeys {
  const { problems, format } = body.duplicates();
  if (type !== JSON_PATCH) return { problems, format };
  const all = [...unknownOperationFields(body.value), ...problems];
  return { problems: all.map((problem) => `json patch ${problem}`), format };
}

const UNHANDLED = /^\S+ in version "[^"]*" cannot be handled as a \S+: (.*)$/s;

/** Gives what is said of a body that is no object of its kind the form it has for a patch. */
function refusingUnusable<T>(refuse: (problem: string) => StatusError, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.code !== 400) throw error;
    const [, problem] = UNHANDLED.exec(error.message) ?? [];
    throw problem === undefined ? error : refuse(problem);
  }
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
    const uid = stringAt(applied, 'metadata', 'uid');
    if (uid !== undefined) {
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(target.resource, target.name, why);
    }
    const created = writer.create(target, merge(context, { applied, options }), tracked);
    if (!(created instanceof Promise)) return { object: created, isNew: true };
    return created.then(
      (object) => ({ object, isNew: true }),
      (error: unknown) => {
        // Somebody else has made it while a webhook was asked.
        if (!isAlreadyExists(error)) throw error;
        return applyPatch(context, readPatch(request, APPLY_PATCH), options);
      },
    );
  }
  // A uid or resourceVersion in the configuration comes through the merge and is checked as on every update.
  const object = writer.update(target, tracked, (live, attempt) => {
    const body = attempt === 1 ? first : readPatch(request, APPLY_PATCH);
    const applied = decodeApplied(context, body, options);
    if (target.subresource !== 'scale')
      return withUid(context, live, merge(context, { applied, options, live }));
    const write = scaleWrite(context, live, options);
    checkApplicableScale(write);
    const scale = merge(context, { applied, options, live: writableScale(write) });
    return withScale(write, scale, scale.metadata.managedFields);
  });
  return after(object, (result) => ({ object: result, isNew: false }));
}

function isAlreadyExists(error: unknown): boolean {
  return error instanceof StatusError && error.status.reason === 'AlreadyExists';
}

/** The configuration as it was sent: what is empty or null in it is stated all the same. */
function decodeApplied(
  { target, warn }: PatchContext,
  body: DecodedBody,
  options: WriteOptions,
): JsonObject {
  const { value = null } = body;
  if (value !== null && !isObject(value)) {
    const type = goTypeOf(value);
    const why = `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  checkAppliedType(value, formOf(target));
  if (options.fieldValidation !== 'Ignore') complain(body.duplicates(), { options, warn });
  return value ?? {};
}

function complain(
  duplicates: DuplicateKeys,
  { options, warn }: { options: WriteOptions; warn: PatchContext['warn'] },
): void {
  const { problems } = duplicates;
  if (problems.length === 0) return;
  if (options.fieldValidation === 'Strict') {
    const text = `error converting YAML to JSON: ${duplicatesError(duplicates)}`;
    throw badRequest(`error strict decoding YAML: ${text}`);
  }
  for (const problem of problems) warn(problem);
}

/** What is applied must say its type: there is nothing to take it from. */
function checkAppliedType(value: unknown, resource: ServedResource): void {
  const apiVersion = stringAt(value, 'apiVersion') ?? '';
  const kind = stringAt(value, 'kind') ?? '';
  if (apiVersion === resource.apiVersion && kind === resource.kind) return;
  throw badRequest(`invalid object type: ${typeText(apiVersion, kind)}`);
}

function merge(
  { target, writer, now }: PatchContext,
  { applied, options, live }: { applied: JsonObject; options: WriteOptions; live?: JsonObject },
): ApiObject {
  const { subresource } = target;
  const resource = formOf(target);
  const result = refusing(() =>
    serverSideApply({
      live,
      applied,
      manager: options.manager,
      force: options.force,
      source: resource.version.schema.source,
      empty: resource.version.schema.empty,
      subresource,
      apiVersion: resource.apiVersion,
      versions: subresource === 'scale' ? undefined : writer.versions(resource),
      now: timestamp(now),
      hasStatus: resource.version.status,
      statusResets: statusResets(resource),
    }),
  );
  if (result.kind === 'conflict') throw applyConflict(result);
  if (isUnnamed(result.object)) throw nameMissing(target);
  const object = decodeObject(result.object, { ...target, resource });
  const problem = resource.definition.strategy?.decodingProblem?.(object);
  if (problem !== undefined) {
    const type = typeText(resource.apiVersion, resource.kind);
    const what = `failed to convert new object (${nameOf(applied)}; ${type}) to proper version`;
    const why = `unable to convert unstructured object to ${type}: ${asConverter(problem)}`;
    throw unexpectedInput(`${what}: ${why}`);
  }
  resource.version.schema.prune(object);
  return object;
}

function nameMissing({ name }: WriteTarget): StatusError {
  return badRequest(
    `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
  );
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
