/** meta/v1 Table: how `kubectl get` gets its columns. */
import { humanAge } from './human-duration.ts';
import { compileJsonPath } from './json-path.ts';
import type { JsonPath } from './json-path.ts';
import type { PrinterColumn } from './kinds.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';

/** What a row carries beside its cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

type Cell = string | number | boolean | null;

interface TableLayout {
  columnDefinitions: object[];
  /** The layout of kinds nobody made columns for; without objects its rows are null. */
  isDefault: boolean;
  cells(object: ApiObject, now: number): Cell[];
}

const NAME_COLUMN = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a ' +
    'client to request the generation of an appropriate name automatically.',
  priority: 0,
};

const OBJECT_OF_ROW: Record<IncludeObject, (object: ApiObject) => object | null> = {
  None: () => null,
  Metadata: partialObject,
  Object: (object) => object,
};

/** Makes tables; keeps the compiled columns of each kind version. */
export class TablePrinter {
  readonly #layouts = new WeakMap<PrinterColumn[], TableLayout>();

  /** One table with a row for each object. `withColumns: false` is for watch events behind the first. */
  table(
    resource: ServedResource,
    objects: ApiObject[],
    options: { include: IncludeObject; now: number; metadata?: object; withColumns?: boolean },
  ): object {
    const layout = this.#layout(resource.version.columns);
    const rows = objects.map((object) => ({
      cells: layout.cells(object, options.now),
      ...conditionsOf(resource, object),
      object: OBJECT_OF_ROW[options.include](object),
    }));
    return {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: options.metadata ?? { resourceVersion: objects[0]?.metadata.resourceVersion ?? '' },
      columnDefinitions: options.withColumns === false ? null : layout.columnDefinitions,
      rows: layout.isDefault && rows.length === 0 ? null : rows,
    };
  }

  #layout(columns: PrinterColumn[]): TableLayout {
    let layout = this.#layouts.get(columns);
    if (!layout) this.#layouts.set(columns, (layout = layOut(columns)));
    return layout;
  }
}

function conditionsOf({ version }: ServedResource, object: ApiObject): object | undefined {
  const conditions = version.rowConditions?.(object);
  return conditions && { conditions };
}

/** Only type and metadata, as metadata informers ask for it. */
export function partialObject(object: ApiObject): object {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata,
  };
}

function layOut(columns: PrinterColumn[]): TableLayout {
  // Events have theirs at the end.
  const hasName = columns.some(({ name }) => name === 'Name');
  const printers = columns.map((column) => printerOf(column));
  const [first] = columns;
  return {
    isDefault: first?.name === 'Created At' && columns.length === 1,
    columnDefinitions: [
      ...(hasName ? [] : [NAME_COLUMN]),
      ...columns.map((column) => ({
        name: column.name,
        type: column.type,
        format: column.format ?? '',
        description: column.description ?? '',
        priority: column.priority ?? 0,
      })),
    ],
    cells: (object, now) => [
      ...(hasName ? [] : [object.metadata.name]),
      ...printers.map((print) => print(object, now)),
    ],
  };
}

function printerOf(column: PrinterColumn): (object: ApiObject, now: number) => Cell {
  if (column.cell) return column.cell;
  const path: JsonPath = compileJsonPath(column.jsonPath ?? '');
  return (object, now) => {
    const [value] = path(object);
    return value === undefined || value === null ? null : cellOf(column.type, value, now);
  };
}

/** A value of the wrong type leaves its cell empty, as in apiextensions. */
function cellOf(type: string, value: unknown, now: number): Cell {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? humanAge(value, now) : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
