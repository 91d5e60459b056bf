/**
 * CRD conversion webhooks (apiextensions.k8s.io ConversionReview v1). Objects are converted where they enter or leave the
 * server, and each result is kept for as long as there is room, so that a list asks only about what has changed.
 */
import { isObject, jsonEqual } from '../../schema/json.ts';
import type { JsonObject } from '../../schema/json.ts';
import { kindText } from '../admission/admission-review.ts';
import type { Eventual } from '../eventual.ts';
import { objectAt, stringAt } from '../json.ts';
import type { ConversionWebhook } from '../kinds.ts';
import type { ApiObject } from '../object.ts';
import type { ServedResource } from '../resource-registry.ts';
import { StatusError } from '../status-error.ts';
import type { WebhookClient } from '../webhook/webhook-client.ts';
import { plainConverter } from './version-converter.ts';
import type { VersionConverter } from './version-converter.ts';

export interface WebhookConverterOptions {
  client: WebhookClient;
  randomId(): string;
  /** Converted objects to remember. */
  cacheSize?: number;
}

const CACHE_SIZE = 10_000;
/** What kube-apiserver waits for a conversion. */
const TIMEOUT_SECONDS = 30;

export function createWebhookConverter(options: WebhookConverterOptions): VersionConverter {
  const cache = new ConvertedObjects(options.cacheSize ?? CACHE_SIZE);

  async function ask(objects: readonly ApiObject[], to: Conversion): Promise<ApiObject[]> {
    if (objects.length === 0) return [];
    const { resource, apiVersion } = to;
    const [first] = objects;
    const about = kindText(first?.apiVersion ?? '', resource.kind);
    const converted = await review(options, objects, to).catch((error: unknown) => {
      throw failure(`conversion webhook for ${about} failed: ${messageOf(error)}`, error);
    });
    if (converted.length !== objects.length) {
      throw failure(
        `conversion webhook for ${about} returned ${converted.length} objects, expected ${objects.length}`,
      );
    }
    return converted.map((object, index) => {
      const original = objects[index];
      if (!original) throw failure(`conversion webhook for ${about} failed`);
      try {
        return restored(object, original, apiVersion);
      } catch (error) {
        throw failure(
          `conversion webhook for ${about} returned invalid converted object at index ${index}: ${messageOf(error)}`,
          error,
        );
      }
    });
  }

  return {
    toVersion(objects, resource) {
      const webhook = resource.definition.conversion;
      if (!webhook) return plainConverter.toVersion(objects, resource);
      const { apiVersion } = resource;
      const { storedDefaults = (object: ApiObject) => object } = resource.definition;
      const complete = objects.map(storedDefaults);
      const known = complete.map((object) =>
        object.apiVersion === apiVersion ? object : cache.get(object, resource),
      );
      const missing = complete.filter((_, index) => known[index] === undefined);
      if (missing.length === 0) return known.filter((object) => object !== undefined);
      return ask(missing, { webhook, resource, apiVersion }).then((made) => {
        const fresh = made.map((object) => fitted(object, resource));
        for (const [index, object] of fresh.entries()) cache.put(missing[index], resource, object);
        return known.map((object) => object ?? (fresh.shift() as ApiObject));
      });
    },
    toStorage(object, resource): Eventual<ApiObject> {
      const webhook = resource.definition.conversion;
      const apiVersion = resource.storageApiVersion;
      if (!webhook || object.apiVersion === apiVersion)
        return plainConverter.toStorage(object, resource);
      return ask([object], { webhook, resource, apiVersion }).then(([made]) => {
        const stored = made ?? object;
        storageSchema(resource)?.applyDefaults(stored);
        return stored;
      });
    },
  };
}

interface Conversion {
  webhook: ConversionWebhook;
  resource: ServedResource;
  apiVersion: string;
}

/** Objects as the schema of the version wants them. */
function fitted(object: ApiObject, { version }: ServedResource): ApiObject {
  version.schema.prune(object);
  version.schema.applyDefaults(object);
  return object;
}

function storageSchema({ definition }: ServedResource) {
  return definition.versions.find((version) => version.storage)?.schema;
}

async function review(
  { client, randomId }: WebhookConverterOptions,
  objects: readonly ApiObject[],
  { webhook, apiVersion }: Conversion,
): Promise<unknown[]> {
  const reviewVersion = webhook.reviewVersions.find((item) => item === 'v1' || item === 'v1beta1');
  const uid = randomId();
  const body = {
    kind: 'ConversionReview',
    apiVersion: `apiextensions.k8s.io/${reviewVersion ?? 'v1'}`,
    request: { uid, desiredAPIVersion: apiVersion, objects },
  };
  const answer = await client.call({
    clientConfig: webhook.clientConfig,
    body,
    timeoutSeconds: TIMEOUT_SECONDS,
  });
  const response = objectAt(answer, 'response');
  if (!response) throw new Error('no response provided');
  const given = stringAt(response, 'uid') ?? '';
  if (given !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given)}`);
  const result = objectAt(response, 'result');
  if (stringAt(result, 'status') !== 'Success') {
    const message = stringAt(result, 'message') ?? '';
    throw new Error(message === '' ? 'no message provided' : message);
  }
  const converted = response['convertedObjects'];
  return Array.isArray(converted) ? converted : [];
}

/** The converted object with the metadata that a conversion may not change; labels and annotations it may. Throws. */
function restored(converted: unknown, original: ApiObject, apiVersion: string): ApiObject {
  if (!isObject(converted)) throw new Error('invalid object');
  if (converted['apiVersion'] !== apiVersion)
    throw new Error(
      `invalid groupVersion (received ${String(converted['apiVersion'])} expected ${apiVersion})`,
    );
  if (converted['kind'] !== original.kind)
    throw new Error(
      `invalid kind (received ${String(converted['kind'])} expected ${original.kind})`,
    );
  const metadata: JsonObject = isObject(converted['metadata']) ? converted['metadata'] : {};
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if (!jsonEqual(metadata[field] ?? '', original.metadata[field] ?? ''))
      throw new Error(
        `invalid metadata (metadata.${field} must not change: ${JSON.stringify(original.metadata[field])} expected, got ${JSON.stringify(metadata[field])})`,
      );
  }
  const { labels: _labels, annotations: _annotations, ...kept } = original.metadata;
  const strings = (value: unknown) => (isObject(value) ? (value as Record<string, string>) : {});
  const [labels, annotations] = [strings(metadata['labels']), strings(metadata['annotations'])];
  return {
    ...converted,
    apiVersion,
    kind: original.kind,
    metadata: {
      ...kept,
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
  };
}

/** Errors of conversion have no reason on a real server either. */
function failure(message: string, cause?: unknown): StatusError {
  return new StatusError({ code: 500, reason: '', message }, cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Results by uid, revision and version; the oldest go first. A changed CRD makes all of them void: its schema is new. */
class ConvertedObjects {
  readonly #size: number;
  readonly #objects = new Map<string, { object: ApiObject; of: ServedResource['version'] }>();

  constructor(size: number) {
    this.#size = size;
  }

  get(stored: ApiObject, resource: ServedResource): ApiObject | undefined {
    const known = this.#objects.get(keyOf(stored, resource));
    return known?.of === resource.version ? known.object : undefined;
  }

  put(stored: ApiObject | undefined, resource: ServedResource, object: ApiObject): void {
    if (!stored || stored.metadata.resourceVersion === undefined) return;
    this.#objects.set(keyOf(stored, resource), { object, of: resource.version });
    if (this.#objects.size <= this.#size) return;
    const [oldest] = this.#objects.keys();
    if (oldest !== undefined) this.#objects.delete(oldest);
  }
}

function keyOf({ metadata }: ApiObject, { apiVersion }: ServedResource): string {
  return `${metadata.uid} ${metadata.resourceVersion} ${apiVersion}`;
}
