/**
 * Finds the reason why an object is not well in what tools printed about it: `kubectl describe` text, YAML or JSON of
 * the object, events, logs. Says only what is written there.
 */
import { parseRows } from './tables.ts';

/** What is known about one container. */
interface ContainerFacts {
  name: string;
  image?: string;
  reason?: string;
  message?: string;
  exitCode?: string;
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

export interface Evidence {
  /** Status column of the listing. */
  status: string;
  /** Ready column of the listing, `0/1`. */
  ready: string;
  /** Text of describe or YAML. */
  details?: string;
  /** Text of the events, filtered to the object. */
  events?: string;
  logs?: string;
}

/** Reads everything that can be found in the details. Tolerates text, YAML and JSON. */
export function readFacts(details: string): Facts {
  const reader = new FactReader();
  for (const line of details.split('\n')) {
    const pair = keyValue(line);
    if (pair === undefined) continue;
    if (pair.key === 'events') break;
    reader.read(pair, line);
  }
  return { ...reader.finish(), warnings: readWarnings(details) };
}

/** Walks over `key: value` lines, remembering which container, state or condition they belong to. */
class FactReader {
  readonly #containers: ContainerFacts[] = [];
  readonly #conditions: Condition[] = [];
  #section: 'containers' | 'state' | 'last' | 'conditions' | 'other' = 'other';
  #container: ContainerFacts | undefined;
  #condition: Partial<Condition> = {};
  /** Last name seen: containers are named before (text) or beside (YAML) their image. */
  #name = '';

  read(pair: Pair, line: string): void {
    const { key, value, starts } = pair;
    if (this.#section === 'conditions' && (starts || key in this.#condition))
      this.#closeCondition();
    if (key === 'conditions') this.#enter('conditions');
    else if (/^(init|ephemeral)?containers?(statuses)?$/.test(key)) this.#enter('containers');
    else if (key === 'image') this.#image(value);
    else if (key === 'state' || key === 'laststate') this.#state(key === 'laststate', value);
    else if (key === 'restartcount') this.#current().restarts = value;
    else if (key === 'name') this.#named(value);
    else if (value === '' && this.#section === 'containers' && /^\s+[\w.-]+:\s*$/.test(line))
      this.#name = key;
    else if (this.#section === 'conditions' && isConditionKey(key)) this.#condition[key] = value;
    else if (this.#section === 'state' || this.#section === 'last') this.#detail(key, value);
  }

  finish(): Omit<Facts, 'warnings'> {
    this.#closeCondition();
    return { containers: this.#containers, conditions: this.#conditions };
  }

  #enter(section: 'conditions' | 'containers'): void {
    this.#closeCondition();
    this.#section = section;
    this.#container = undefined;
    this.#name = '';
  }

  #current(): ContainerFacts {
    if (this.#container === undefined) {
      this.#container = { name: this.#name };
      this.#containers.push(this.#container);
    }
    return this.#container;
  }

  /** An image begins a container, or leads back to one that was described in the spec. */
  #image(image: string): void {
    if (image === '') return;
    this.#container = this.#containers.find(
      (known) => known.image === image && (known.name === this.#name || this.#name === ''),
    );
    this.#container ??= this.#current();
    this.#container.image = image;
    this.#section = 'containers';
  }

  #named(name: string): void {
    this.#name = name;
    const known = this.#containers.find((container) => container.name === name);
    if (known !== undefined) this.#container = known;
    else if (this.#container?.name === '') this.#container.name = name;
  }

  #state(last: boolean, value: string): void {
    if (!last && /^(Waiting|Terminated)$/.test(value)) this.#current().reason ??= value;
    this.#section = last ? 'last' : 'state';
  }

  #detail(key: string, value: string): void {
    if (value === '') return;
    const facts = this.#current();
    const last = this.#section === 'last';
    if (key === 'reason') facts[last ? 'lastReason' : 'reason'] = value;
    if (key === 'exitcode') facts[last ? 'lastExitCode' : 'exitCode'] = value;
    if (key === 'message') facts[last ? 'lastMessage' : 'message'] = value;
  }

  #closeCondition(): void {
    const { type, status } = this.#condition;
    if (type !== undefined && status !== undefined)
      this.#conditions.push({ ...this.#condition, type, status });
    this.#condition = {};
  }
}

interface Pair {
  /** Lowercase, without spaces. */
  key: string;
  value: string;
  /** The line begins an element of a list. */
  starts: boolean;
}

function isConditionKey(key: string): key is keyof Condition {
  return key === 'type' || key === 'status' || key === 'reason' || key === 'message';
}

/** `  Exit Code:  1`, `exitCode: 1`, `"exitCode": 1,`, `- type: Ready`. */
function keyValue(line: string): Pair | undefined {
  const match = /^\s*(- )?"?([A-Za-z][\w ./-]*?)"?:(?:\s+(.*?))?,?\s*$/.exec(line);
  if (match === null) return undefined;
  const value = (match[3] ?? '').replace(/^["']|["']$/g, '').replace(/^[[{]$/, '');
  return {
    key: (match[2] ?? '').toLowerCase().replaceAll(/\s/g, ''),
    value,
    starts: match[1] !== undefined,
  };
}

/** Warning events of a describe text or of a listing of events. */
export function readWarnings(text: string): string[] {
  const warnings: string[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*(?:\S+\s{2,})?Warning\s+(\S+)\s+(.+)$/.exec(line);
    if (match === null) continue;
    const message = (match[2] ?? '').split(/\s{2,}/).at(-1) ?? '';
    warnings.push(`${match[1]}: ${message}`);
  }
  const rows = warnings.length > 0 ? undefined : parseRows(text);
  for (const row of rows ?? []) {
    if (row['TYPE'] === 'Warning')
      warnings.push(`${row['REASON'] ?? 'Warning'}: ${row['MESSAGE'] ?? ''}`);
  }
  return [...new Set(warnings)];
}

/** Lines of an events listing that are about an object, header included. */
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

/** Sentences that say why, most telling first. Empty when the evidence names no reason. */
export function findReasons(evidence: Evidence): string[] {
  const facts = readFacts(evidence.details ?? '');
  const warnings = [...facts.warnings, ...readWarnings(evidence.events ?? '')];
  const reasons = facts.containers.flatMap((container) => containerReason(container, warnings));
  if (reasons.length > 0) return [...new Set(reasons)];
  const byStatus = statusReason(evidence.status, warnings);
  if (byStatus !== undefined) return [byStatus];
  const probe = warnings.find((warning) => /probe/i.test(warning));
  if (probe !== undefined) return [`a probe fails: ${probe.replace(/^Unhealthy: /, '')}`];
  const waiting = warnings.findLast((warning) =>
    /^Failed(Scheduling|Mount|AttachVolume|CreatePodSandBox)/.test(warning),
  );
  if (waiting !== undefined) return [waiting];
  const bad = facts.conditions.filter((condition) => isBad(condition));
  if (bad.length > 0) return bad.map(describeCondition);
  return warnings.length > 0 ? [`the last warning is ${warnings.at(-1)}`] : [];
}

function isBad({ type, status }: Condition): boolean {
  const badWhenTrue = /Pressure|Failed|Failure|Degraded|Unavailable|Stalled/.test(type);
  return badWhenTrue ? status === 'True' : status !== 'True';
}

/** `Ready is False (reason): message`. */
export function describeCondition({ type, status, reason, message }: Condition): string {
  return `condition ${type} is ${status}${reason ? ` (${reason})` : ''}${message ? `: ${message}` : ''}`;
}

/** Exit codes whose meaning does not depend on the program. */
const EXIT_CODES: Record<string, string> = {
  '126': ' (command not executable)',
  '127': ' (command not found)',
  '137': ' (killed by SIGKILL)',
  '139': ' (segmentation fault)',
  '143': ' (ended by SIGTERM)',
};

function containerReason(container: ContainerFacts, warnings: string[]): string[] {
  const { reason = '', lastReason = '' } = container;
  const who = container.name === '' ? 'the container' : `container \`${container.name}\``;
  const exit = container.lastExitCode ?? container.exitCode;
  const restarts =
    container.restarts && container.restarts !== '0'
      ? ` It restarted ${container.restarts} times.`
      : '';
  if (reason === 'OOMKilled' || lastReason === 'OOMKilled') {
    return [
      `${who} was killed because it used more memory than its limit (OOMKilled${exit ? `, exit code ${exit}` : ''}).${restarts}`,
    ];
  }
  if (/ImagePull|ErrImage|InvalidImageName|ImageInspect/.test(reason)) {
    const said =
      container.message ??
      warnings.findLast((warning) => /pull/i.test(warning))?.replace(/^\w+: /, '');
    return [
      `the image ${container.image ? `\`${container.image}\` ` : ''}of ${who} can't be pulled (${reason})${said ? `: ${said}` : '.'}`,
    ];
  }
  if (/^CreateContainer|RunContainerError|StartError|ContainerCannotRun/.test(reason)) {
    const said =
      container.message ??
      warnings
        .findLast((warning) => warning.startsWith('Failed: '))
        ?.replace(/^Failed: (Error: )?/, '');
    return [`${who} can't be created (${reason})${said ? `: ${said}` : '.'}`];
  }
  if (
    reason === 'CrashLoopBackOff' ||
    lastReason === 'Error' ||
    (reason === 'Error' && exit !== undefined)
  ) {
    const code = exit === undefined ? '' : ` with exit code ${exit}${EXIT_CODES[exit] ?? ''}`;
    const why = lastReason !== '' && lastReason !== 'Error' ? ` (${lastReason})` : '';
    const said = container.lastMessage ? ` It said: ${container.lastMessage}` : '';
    const state =
      reason === 'CrashLoopBackOff'
        ? `${who} is in CrashLoopBackOff: it starts and ends again`
        : `${who} ended`;
    return [`${state}${code}${why}.${restarts}${said}`];
  }
  return [];
}

function statusReason(status: string, warnings: string[]): string | undefined {
  const about = (pattern: RegExp): string => {
    const warning = warnings.findLast((candidate) => pattern.test(candidate));
    return warning === undefined ? '' : `: ${warning.replace(/^\w+: /, '')}`;
  };
  if (status === 'Pending') {
    const why = about(/^FailedScheduling/);
    return why === '' ? undefined : `it can't be scheduled${why}`;
  }
  if (/ImagePull|ErrImage|InvalidImageName/.test(status))
    return `its image can't be pulled (${status})${about(/pull/i)}`;
  if (/CreateContainer|RunContainerError/.test(status))
    return `its container can't be created (${status})${about(/^Failed/)}`;
  if (status === 'OOMKilled')
    return 'its container was killed because it used more memory than its limit (OOMKilled)';
  if (status === 'CrashLoopBackOff')
    return 'its container starts and ends again and again (CrashLoopBackOff)';
  if (status === 'ContainerCreating' || status.startsWith('Init:')) {
    const why = about(/^Failed(Mount|AttachVolume|CreatePodSandBox)/);
    return why === '' ? undefined : `it is still starting (${status})${why}`;
  }
  if (status === 'Evicted') return 'it was evicted from its node';
  return undefined;
}

/** The last lines of a log, without empty ones. */
export function lastLines(logs: string, count: number): string {
  return logs
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
