/** Ages the way kubectl shows them. */

/** `12s`, `5m`, `3h12m`, `4d`; `<unknown>` without a time. */
export function age(timestamp: string | null | undefined, now: number): string {
  const then = Date.parse(timestamp ?? '');
  if (Number.isNaN(then)) return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - then) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return minutes < 10 ? withRest(minutes, 'm', `${seconds % 60}s`) : `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return hours < 8 ? withRest(hours, 'h', `${minutes % 60}m`) : `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 ? withRest(days, 'd', `${hours % 24}h`) : `${days}d`;
}

function withRest(count: number, unit: string, rest: string): string {
  return rest.startsWith('0') && rest.length === 2 ? `${count}${unit}` : `${count}${unit}${rest}`;
}
