/** Ages as kubectl prints them (apimachinery `duration.HumanDuration`). */

/** A duration in milliseconds as `35s`, `3m20s`, `5h`, `2d4h`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return pair(`${minutes}m`, seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(`${hours}h`, minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return pair(`${days}d`, hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (years < 8) return pair(`${years}y`, days % 365, 'd');
  return `${years}y`;
}

/** Two units, the second one only when there is something of it. */
function pair(first: string, second: number, unit: string): string {
  return second === 0 ? first : `${first}${second}${unit}`;
}

/** The age of an RFC 3339 instant; `<unknown>` without one, `<invalid>` when it cannot be read. */
export function humanAge(instant: unknown, now: number): string {
  if (instant === undefined || instant === null || instant === '') return '<unknown>';
  const then = typeof instant === 'string' ? Date.parse(instant) : Number.NaN;
  return Number.isNaN(then) ? '<invalid>' : humanDuration(now - then);
}
