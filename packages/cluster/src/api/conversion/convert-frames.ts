/** Watches of a version that only a webhook can make: events come from the hub as they are stored and are converted here, in order. */
import type { ApiObject } from '../object.ts';
import { renderObject } from '../representation.ts';
import type { Representation } from '../representation.ts';
import type { ServedResource } from '../resource-registry.ts';
import { StatusError } from '../status-error.ts';
import type { TablePrinter } from '../table.ts';
import { WatchFrame } from '../watch/watch-frame.ts';
import type { VersionConverter } from './version-converter.ts';

export interface FrameConversion {
  converter: VersionConverter;
  /** The version asked for. */
  resource: ServedResource;
  representation: Representation;
  printer: TablePrinter;
  now(): number;
  /** Says what an event is to this watch; without it all events are sent. */
  filter?(type: WatchFrame['type'], object: ApiObject): WatchFrame['type'] | undefined;
}

/** The resource with objects left as they are stored: what the hub watches for `convertFrames`. */
export function storedForm(resource: ServedResource): ServedResource {
  return { ...resource, apiVersion: resource.storageApiVersion };
}

/** Whether watches of this version need `convertFrames`. */
export function needsConversion({
  definition,
  apiVersion,
  storageApiVersion,
}: ServedResource): boolean {
  return definition.conversion !== undefined && apiVersion !== storageApiVersion;
}

/** Converts and renders each event. An object that cannot be converted ends the watch with an ERROR. */
export async function* convertFrames(
  frames: AsyncIterable<WatchFrame>,
  conversion: FrameConversion,
): AsyncGenerator<WatchFrame> {
  let hasSentColumns = false;
  for await (const frame of frames) {
    if (frame.type === 'ERROR') {
      yield frame;
      continue;
    }
    if (frame.type === 'BOOKMARK') {
      yield bookmark(frame, conversion);
      continue;
    }
    try {
      const object = await converted(frame, conversion);
      const type = conversion.filter ? conversion.filter(frame.type, object) : frame.type;
      if (type === undefined) continue;
      yield new WatchFrame(type, render(object, conversion, hasSentColumns));
      hasSentColumns = true;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      yield new WatchFrame('ERROR', error.status);
      return;
    }
  }
}

async function converted(
  frame: WatchFrame,
  { converter, resource }: FrameConversion,
): Promise<ApiObject> {
  const stored = frame.object as ApiObject;
  const [object = stored] = await converter.toVersion([stored], resource);
  return object;
}

function render(object: ApiObject, conversion: FrameConversion, hasSentColumns: boolean): object {
  const { resource, representation, printer } = conversion;
  const now = conversion.now();
  if (representation.as !== 'table')
    return renderObject(resource, object, { representation, printer, now });
  const { include } = representation;
  return printer.table(resource, [object], { include, now, withColumns: !hasSentColumns });
}

function bookmark(
  { object }: WatchFrame,
  { resource, representation }: FrameConversion,
): WatchFrame {
  const { metadata } = object as ApiObject;
  const { kind, apiVersion } = resource;
  const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
  switch (representation.as) {
    case 'object':
      return new WatchFrame('BOOKMARK', { kind, apiVersion, metadata });
    case 'metadata':
      return new WatchFrame('BOOKMARK', partial);
    case 'table':
      return new WatchFrame('BOOKMARK', {
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        columnDefinitions: null,
        rows: [{ cells: [], object: partial }],
      });
  }
}
