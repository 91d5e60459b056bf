/** Text tables: compact, aligned, the way kubectl users know them. */
import type { KubeResponse } from '@kagent/kube';
import { z } from 'zod';
import { age } from './time.ts';
import type { AnyObject } from './objects.ts';

/** Columns are two spaces apart; the last one is not padded. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const Table = z.object({
  kind: z.literal('Table'),
  metadata: z
    .object({ continue: z.string().nullish(), remainingItemCount: z.number().nullish() })
    .nullish(),
  columnDefinitions: z.array(z.object({ name: z.string(), priority: z.number().nullish() })),
  rows: z
    .array(
      z.object({
        cells: z.array(z.unknown()),
        object: z
          .object({
            metadata: z
              .object({ namespace: z.string().nullish(), name: z.string().nullish() })
              .nullish(),
          })
          .nullish(),
      }),
    )
    .nullish()
    .transform((rows) => rows ?? []),
});

export interface ResourceTable {
  header: string[];
  rows: string[][];
  /** Rows that the server holds back. */
  more: boolean;
}

/** Asks an API server for `meta.k8s.io/v1` Table output, with the plain form for servers without it. */
export const TABLE_ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/**
 * The server's own columns; those shown in wide output only are left out when they say nothing. `withNamespace` puts
 * the namespace first. A server without Table support gets NAME and AGE.
 */
export function readTable(
  response: KubeResponse,
  options: { withNamespace: boolean; now: number },
): ResourceTable {
  const parsed = Table.safeParse(response.body);
  const table = parsed.success ? fromTable(parsed.data) : fromObjects(response.body, options.now);
  if (!options.withNamespace) return table;
  return {
    ...table,
    header: ['NAMESPACE', ...table.header],
    rows: table.rows.map((row, index) => [table.namespaces[index] ?? '', ...row]),
  };
}

function fromTable(table: z.infer<typeof Table>): ResourceTable & { namespaces: string[] } {
  const all = table.rows.map(({ cells }) => cells.map(cellText));
  const columns = table.columnDefinitions
    .map(({ name, priority }, index) => ({ name, index, isExtra: (priority ?? 0) > 0 }))
    .filter(({ index, isExtra }) => !isExtra || all.some((row) => !isBlank(row[index])));
  return {
    header: columns.map(({ name }) => name.toUpperCase().replaceAll(' ', '-')),
    rows: all.map((row) => columns.map(({ index }) => row[index] ?? '')),
    namespaces: table.rows.map(({ object }) => object?.metadata?.namespace ?? ''),
    more: (table.metadata?.continue ?? '') !== '',
  };
}

const ObjectList = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(z.custom<AnyObject>()),
});

function fromObjects(body: unknown, now: number): ResourceTable & { namespaces: string[] } {
  const list = ObjectList.safeParse(body);
  const items = list.success ? list.data.items : [body as AnyObject];
  return {
    header: ['NAME', 'AGE'],
    rows: items.map(({ metadata }) => [metadata.name, age(metadata.creationTimestamp, now)]),
    namespaces: items.map(({ metadata }) => metadata.namespace ?? ''),
    more: list.success && (list.data.metadata?.continue ?? '') !== '',
  };
}

function isBlank(cell: string | undefined): boolean {
  return cell === undefined || cell === '' || cell === '<none>';
}

/** One line, whatever the server put in. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  const text =
    typeof cell === 'object' ? JSON.stringify(cell) : String(cell as string | number | boolean);
  return text.replace(/\s*\n\s*/g, ' ');
}
