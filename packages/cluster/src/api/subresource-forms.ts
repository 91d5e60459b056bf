/** The kinds that POSTs below an object are of: decoded and checked like any other, and never stored. */
import { builtinObjectSchema } from '../builtin/schemas.ts';
import { strategyOf } from '../builtin/strategies/strategy.ts';
import { isObject } from '../schema/json.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { decodeObject, pruneUnknown } from './decode-object.ts';
import type { KindStrategy, KindVersion } from './kinds.ts';
import { groupVersion } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ResourceRequest } from './resource-handler.ts';
import { decodeTyped } from './typed-body.ts';
import { writeOptions } from './write-options.ts';

/** The kind of a subresource's body. */
export class SubresourceForm implements KindVersion {
  readonly version = 'v1';
  readonly served = true;
  readonly storage = true;
  readonly columns = [];
  readonly status = false;
  readonly selectableFields = [];
  readonly group: string;
  readonly kind: string;
  readonly strategy: KindStrategy;
  #schema: ObjectSchema | undefined;

  /** `type` is the qualified name in the type tables. */
  constructor(group: string, type: string) {
    this.group = group;
    this.kind = type.slice(type.indexOf('.') + 1);
    this.strategy = strategyOf(type);
  }

  /** Compiled when it is first asked for. */
  get schema(): ObjectSchema {
    this.#schema ??= builtinObjectSchema(groupVersion(this.group, this.version), this.kind);
    if (this.#schema === undefined) throw new Error(`the type tables have no ${this.kind}`);
    return this.#schema;
  }
}

/** The body as an object of the form; its metadata has the name that was sent, if any. Throws 400, 415, 422. */
export function decodeForm(call: ResourceRequest, form: SubresourceForm): ApiObject {
  const { request, target, warn } = call;
  const { fieldValidation } = writeOptions(request, 'CreateOptions');
  const resource = {
    ...target.resource,
    definition: { ...target.resource.definition, strategy: form.strategy },
    version: form,
    group: form.group,
    kind: form.kind,
    apiVersion: groupVersion(form.group, form.version),
    isCustom: false,
  };
  const { value, duplicates } = decodeTyped(request, resource);
  // The older version of Evictions is the same.
  if (form.kind === 'Eviction' && isObject(value) && value['apiVersion'] === 'policy/v1beta1')
    value['apiVersion'] = resource.apiVersion;
  const object = decodeObject(value, { resource, namespace: target.namespace, name: '' });
  pruneUnknown(object, resource, { fieldValidation, duplicates, warn });
  return object;
}
