/**
 * Reads what tools print about one object: the text of `kubectl describe` and of kagent's own describe tool, or the YAML
 * or JSON of the object. Knows containers, conditions and warnings; says nothing about what they mean.
 */
import { parse } from 'yaml';
import { z } from 'zod';
import { isRecord } from '../../models/parse-json.ts';
import { parseRows, parseTable } from './tables.ts';

/** What is known about one container. */
export interface ContainerFacts {
  name: string;
  image?: string;
  /** Why it waits or ended, e.g. `ImagePullBackOff`. */
  reason?: string;
  message?: string;
  exitCode?: string;
  /** The same of the run before. */
  lastReason?: string;
  lastExitCode?: string;
  lastMessage?: string;
  restarts?: string;
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

export interface Facts {
  containers: ContainerFacts[];
  conditions: Condition[];
  /** Warning events as `Reason: message`, newest last. */
  warnings: string[];
}

/** Reads everything that can be found. Total: an unknown text gives no facts. */
export function readFacts(details: string): Facts {
  const object = readObject(details);
  if (object !== undefined) return { ...object, warnings: [] };
  const blocks = blocksOf(details);
  return {
    containers: [
      ...containersOf(blocks.get('init containers')),
      ...containersOf(blocks.get('containers')),
    ],
    conditions: conditionsOf(blocks),
    warnings: readWarnings(details),
  };
}

const Ended = z
  .looseObject({
    reason: z.string().nullish(),
    exitCode: z.number().nullish(),
    message: z.string().nullish(),
  })
  .nullish();
const State = z.looseObject({ waiting: Ended, terminated: Ended }).nullish();
const Statuses = z
  .array(
    z.looseObject({
      name: z.string(),
      image: z.string().nullish(),
      restartCount: z.number().nullish(),
      state: State,
      lastState: State,
    }),
  )
  .nullish();
const ObjectStatus = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({}),
  spec: z
    .looseObject({
      containers: z
        .array(z.looseObject({ name: z.string(), image: z.string().nullish() }))
        .nullish(),
    })
    .nullish()
    .catch(undefined),
  status: z
    .looseObject({
      containerStatuses: Statuses,
      initContainerStatuses: Statuses,
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().nullish(),
            message: z.string().nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

/** The facts in YAML or JSON of an object; `undefined` when the text is neither. */
function readObject(text: string): Omit<Facts, 'warnings'> | undefined {
  if (!/^\s*(\{|(apiVersion|kind|metadata):)/.test(text)) return undefined;
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return undefined;
  }
  const parsed = isRecord(value) ? ObjectStatus.safeParse(value) : undefined;
  if (!parsed?.success) return undefined;
  const { spec, status } = parsed.data;
  const images = new Map(spec?.containers?.map(({ name, image }) => [name, image ?? undefined]));
  const containers = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ].map((container): ContainerFacts => {
    const now = container.state?.waiting ?? container.state?.terminated;
    const last = container.lastState?.terminated;
    return set({
      name: container.name,
      image: images.get(container.name) ?? container.image,
      reason: now?.reason,
      message: now?.message,
      exitCode: container.state?.terminated?.exitCode?.toString(),
      lastReason: last?.reason,
      lastExitCode: last?.exitCode?.toString(),
      lastMessage: last?.message,
      restarts: container.restartCount?.toString(),
    });
  });
  const conditions = (status?.conditions ?? []).map(
    ({ type, status: state, reason, message }): Condition =>
      set({ type, status: state, reason, message }),
  );
  return { containers, conditions };
}

/** Leaves out what is not known. */
function set<T>(value: { [K in keyof T]: T[K] | null | undefined }): T {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, field]) => field !== null && field !== undefined && field !== '',
    ),
  ) as T;
}

/** The indented lines under each title of a describe text, by lowercase title; titles inside `Status:` count too. */
function blocksOf(text: string): Map<string, string[]> {
  const blocks = new Map<string, string[]>();
  let current: { lines: string[]; indent: number } | undefined;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const indent = line.length - line.trimStart().length;
    if (current !== undefined && indent <= current.indent) current = undefined;
    const title = /^\s*(init containers|containers|conditions|events):\s*$/i
      .exec(line)?.[1]
      ?.toLowerCase();
    if (title !== undefined && (current === undefined || indent <= current.indent)) {
      current = { lines: [], indent };
      blocks.set(title, current.lines);
    } else current?.lines.push(line);
  }
  return blocks;
}

/** `name:` lines, each followed by its fields. */
function containersOf(lines: string[] = []): ContainerFacts[] {
  const containers: ContainerFacts[] = [];
  const nameIndent = indentOf(lines[0] ?? '');
  let last = false;
  for (const line of lines) {
    const name = indentOf(line) === nameIndent ? /^\s*([\w.-]+):\s*$/.exec(line)?.[1] : undefined;
    if (name !== undefined) {
      containers.push({ name });
      continue;
    }
    const container = containers.at(-1);
    const field = /^\s*([A-Za-z ]+?):\s+(.+?)\s*$/.exec(line);
    if (container === undefined || field === null) continue;
    const [, key = '', value = ''] = field;
    if (key === 'State' || key === 'Last State') last = key === 'Last State';
    readField({ container, key, value, last });
  }
  return containers;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function readField({
  container,
  key,
  value,
  last,
}: {
  container: ContainerFacts;
  key: string;
  value: string;
  last: boolean;
}): void {
  switch (key) {
    case 'Image':
      container.image ??= value;
      break;
    case 'Restart Count':
      container.restarts = value;
      break;
    case 'State':
    case 'Last State':
      readState({ container, value, last });
      break;
    case 'Reason':
      container[last ? 'lastReason' : 'reason'] = value;
      break;
    case 'Exit Code':
      container[last ? 'lastExitCode' : 'exitCode'] = value;
      break;
    case 'Message':
      container[last ? 'lastMessage' : 'message'] = value;
      break;
  }
}

/** `Waiting (CrashLoopBackOff): back-off 40s`, `Terminated (Error), exit code 1, 3m ago: message`; kubectl has one word only. */
function readState({
  container,
  value,
  last,
}: {
  container: ContainerFacts;
  value: string;
  last: boolean;
}): void {
  const match =
    /^(?:Waiting|Terminated) \(([^)]+)\)(?:, exit code (\d+))?(?:, signal \d+)?(?:, [^:]+ ago)?(?:: (.+))?$/.exec(
      value,
    );
  if (match === null) return;
  const [, reason, exitCode, message] = match;
  if (reason !== undefined) container[last ? 'lastReason' : 'reason'] = reason;
  if (exitCode !== undefined) container[last ? 'lastExitCode' : 'exitCode'] = exitCode;
  if (message !== undefined) container[last ? 'lastMessage' : 'message'] = message;
}

/** A table with TYPE and STATUS, or the fields of one condition after the other. */
function conditionsOf(blocks: Map<string, string[]>): Condition[] {
  const lines = blocks.get('conditions') ?? [];
  const [header = '', ...rows] = lines.map((line) => line.trim());
  if (/^type\s+status\b/i.test(header)) {
    return parseTable(header, rows).map(
      ({ TYPE: type = '', STATUS: status = '', REASON: reason, MESSAGE: message }) =>
        set({ type, status, reason, message }),
    );
  }
  const conditions: Record<string, string>[] = [];
  for (const line of lines) {
    const field = /^\s*(Type|Status|Reason|Message):\s*(.*)$/.exec(line);
    if (field === null) continue;
    const key = (field[1] ?? '').toLowerCase();
    let current = conditions.at(-1);
    if (current === undefined || key in current) conditions.push((current = {}));
    current[key] = field[2] ?? '';
  }
  return conditions.flatMap(({ type, status, reason, message }) =>
    type === undefined || status === undefined
      ? []
      : [set<Condition>({ type, status, reason, message })],
  );
}

/** Warning events of a describe text or of a listing of events, as `Reason: message`. */
export function readWarnings(text: string): string[] {
  const warnings: string[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*(?:\S.*?\s{2,})?Warning\s+(\S+)\s+(.+)$/.exec(line);
    if (match !== null)
      warnings.push(`${match[1]}: ${(match[2] ?? '').split(/\s{2,}/).at(-1) ?? ''}`);
  }
  if (warnings.length > 0) return [...new Set(warnings)];
  const rows = parseRows(text) ?? [];
  const found = rows.filter((row) => row['TYPE'] === 'Warning');
  return [...new Set(found.map((row) => `${row['REASON'] ?? 'Warning'}: ${row['MESSAGE'] ?? ''}`))];
}

/** Lines of an events listing that are about an object. */
export function eventsAbout(text: string, name: string): string {
  const rows = parseRows(text);
  if (rows === undefined)
    return text
      .split('\n')
      .filter((line) => line.includes(name))
      .join('\n');
  const about = rows.filter((row) => Object.values(row).some((cell) => cell.includes(name)));
  return about
    .map((row) => `${row['TYPE'] ?? 'Normal'}  ${row['REASON'] ?? ''}  ${row['MESSAGE'] ?? ''}`)
    .join('\n');
}
