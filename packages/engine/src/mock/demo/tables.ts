/** Reads what Kubernetes tools print: kubectl tables, tab or pipe separated tables, JSON lists, plain names. */
import { z } from 'zod';
import { parseJson } from '../../models/parse-json.ts';

/** A row of a table; keys are the uppercase column names, e.g. `NAME`, `NAMESPACE`, `STATUS`, `READY`. */
export type Row = Record<string, string>;

/** Rows of a listing; empty when the tool says there is nothing; `undefined` when the text is no listing. */
export function parseRows(text: string): Row[] | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || /^no \S+ found/i.test(trimmed)) return [];
  if (/^[[{]/.test(trimmed)) return parseJsonRows(trimmed);
  const lines = trimmed
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^[\s|:+-]+$/.test(line));
  const header = lines.findIndex(
    (line) => /(^|[|\s])NAME(\s|\||$)/.test(line) || /\bLAST[ -]SEEN\b/.test(line),
  );
  if (header >= 0) return parseTable(lines[header] ?? '', lines.slice(header + 1));
  return parseNames(lines);
}

/** Rows under a header line; columns are aligned, or divided by tabs or pipes. */
export function parseTable(header: string, lines: string[]): Row[] {
  if (header.includes('\t')) return split(header, lines, '\t');
  if (header.includes('|')) return split(header, lines, '|');
  const columns = [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => ({
    name: match[0].toUpperCase(),
    at: match.index,
  }));
  const rows: Row[] = [];
  for (const line of lines) {
    const row: Row = {};
    for (const [index, column] of columns.entries()) {
      const end = columns[index + 1]?.at ?? line.length;
      row[column.name] = line.slice(column.at, end).trim();
    }
    // A cell that is wider than its column means that the columns are not aligned: fall back to the gaps.
    const shifted = columns.some(
      (column) => column.at > 0 && line.length > column.at && line[column.at - 1] !== ' ',
    );
    if (shifted)
      line
        .trim()
        .split(/\s{2,}|\t/)
        .forEach((cell, index) => (row[columns[index]?.name ?? ''] = cell));
    if (row['NAME'] !== '' || row['NAME'] === undefined) rows.push(row);
  }
  return rows;
}

function split(header: string, lines: string[], separator: string): Row[] {
  const cells = (line: string): string[] =>
    line
      .replace(/^\||\|$/g, '')
      .split(separator)
      .map((cell) => cell.trim());
  const names = cells(header).map((name) => name.toUpperCase());
  return lines.map((line) =>
    Object.fromEntries(cells(line).map((cell, index) => [names[index] ?? '', cell])),
  );
}

/** `pod/web-1` or `web-1`, one a line. */
function parseNames(lines: string[]): Row[] | undefined {
  const names = lines.map(
    (line) => /^(?:[-*] )?(?:[a-z.]+\/)?([a-z0-9][-a-z0-9.]*)$/.exec(line.trim())?.[1],
  );
  return names.every((name) => name !== undefined)
    ? names.map((name) => ({ NAME: name ?? '' }))
    : undefined;
}

const Item = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().nullish() }).nullish(),
  status: z
    .looseObject({
      phase: z.string().nullish(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).nullish(),
      containerStatuses: z
        .array(
          z.looseObject({
            ready: z.boolean().nullish(),
            restartCount: z.number().nullish(),
            state: z
              .looseObject({ waiting: z.looseObject({ reason: z.string().nullish() }).nullish() })
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
  type: z.string().nullish(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  involvedObject: z
    .looseObject({ kind: z.string().nullish(), name: z.string().nullish() })
    .nullish(),
});

const List = z.union([z.looseObject({ items: z.array(Item) }), z.array(Item)]);

function parseJsonRows(text: string): Row[] | undefined {
  const value = parseJson(text);
  const list = List.safeParse(value);
  if (list.success) return (Array.isArray(list.data) ? list.data : list.data.items).map(toRow);
  const item = Item.safeParse(value);
  return item.success && item.data.metadata ? [toRow(item.data)] : undefined;
}

function toRow(item: z.infer<typeof Item>): Row {
  const containers = item.status?.containerStatuses ?? [];
  const waiting = containers.find((container) => container.state?.waiting?.reason)?.state?.waiting
    ?.reason;
  const ready = item.status?.conditions?.find((condition) => condition.type === 'Ready');
  const about = item.involvedObject;
  const fields: Record<string, string | null | undefined> = {
    NAMESPACE: item.metadata?.namespace,
    NAME: item.metadata?.name,
    STATUS: waiting ?? item.status?.phase,
    READY:
      containers.length > 0
        ? `${containers.filter((container) => container.ready).length}/${containers.length}`
        : ready?.status,
    RESTARTS:
      containers.length > 0
        ? String(containers.reduce((sum, container) => sum + (container.restartCount ?? 0), 0))
        : undefined,
    TYPE: item.type,
    REASON: item.reason,
    MESSAGE: item.message,
    OBJECT: about?.name ? `${(about.kind ?? '').toLowerCase()}/${about.name}` : undefined,
  };
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** `ns/name`, or the name alone when the table has no namespaces. */
export function rowName(row: Row): string {
  const name = row['NAME'] ?? '';
  return row['NAMESPACE'] ? `${row['NAMESPACE']}/${name}` : name;
}

/** True when a row of pods, deployments, agents … shows that something is wrong. */
export function isTrouble(row: Row): boolean {
  const status = row['STATUS'] ?? '';
  const [ready = '', wanted = ''] = (row['READY'] ?? '').split('/');
  if (/^(Completed|Succeeded)$/.test(status)) return false;
  if (
    status !== '' &&
    !/^(Running|Active|Bound|Ready|Available|Deployed|Complete|Healthy)(,|$)/.test(status)
  )
    return true;
  if (/^\d+$/.test(ready) && /^\d+$/.test(wanted)) return Number(ready) < Number(wanted);
  return (
    /^(False|Unknown)$/i.test(row['READY'] ?? '') ||
    /^(False|Unknown)$/i.test(row['ACCEPTED'] ?? '')
  );
}
