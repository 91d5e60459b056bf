/**
 * Finds the reason why an object is not well in what is known about it: its state, its events. Says only what is written
 * there.
 */
import { readFacts, readWarnings, type Condition, type ContainerFacts } from './facts.ts';

export interface Evidence {
  /** Status column of the listing. */
  status: string;
  /** Text of describe, or YAML. */
  details?: string;
  /** Text of the events, filtered to the object. */
  events?: string;
}

/** Sentences that say why, most telling first. Empty when the evidence names no reason. */
export function findReasons(evidence: Evidence): string[] {
  const facts = readFacts(evidence.details ?? '');
  const warnings = [...facts.warnings, ...readWarnings(evidence.events ?? '')];
  const reasons = facts.containers.flatMap((container) => containerReason(container, warnings));
  if (reasons.length > 0) return [...new Set(reasons)];
  const byStatus = statusReason(evidence.status, warnings);
  if (byStatus !== undefined) return [byStatus];
  const probe = warnings.findLast((warning) => /probe/i.test(warning));
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
  if (status === 'Evicted') return `it was evicted from its node${about(/^Evicted/)}`;
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
