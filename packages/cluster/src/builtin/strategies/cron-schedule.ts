/** Whether a text is a cron schedule, and what is wrong with it in the words of the parser the CronJob controller uses. */

interface Bounds {
  min: number;
  max: number;
  names: string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Minute, hour, day of month, month, day of week. `names` count from `min`. */
const FIELDS: Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

const DESCRIPTORS = new Set([
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
]);
const EVERY = '@every ';
const DURATION = /^[+-]?(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/;

/** The first problem of a schedule; undefined when it is one. A zone before it is asked about when it can be. */
export function scheduleProblem(
  text: string,
  isTimeZone: (name: string) => boolean = () => true,
): string | undefined {
  const [zoned, zone] = /^(?:CRON_)?TZ=(\S*)/.exec(text) ?? [''];
  if (zone !== undefined) {
    // A real server reports where its parser failed.
    if (!text.includes(' '))
      return 'invalid schedule format: runtime error: slice bounds out of range [:-1]';
    if (!isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
  }
  const schedule = text.slice(zoned.length).trim();
  if (schedule.startsWith('@')) return descriptorProblem(schedule);
  const fields = schedule.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  }
  for (const [index, bounds] of FIELDS.entries()) {
    for (const range of (fields[index] ?? '').split(',').filter((part) => part !== '')) {
      const problem = rangeProblem(range, bounds);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function descriptorProblem(schedule: string): string | undefined {
  if (DESCRIPTORS.has(schedule)) return undefined;
  if (!schedule.startsWith(EVERY)) return `unrecognized descriptor: ${schedule}`;
  const duration = schedule.slice(EVERY.length);
  if (DURATION.test(duration)) return undefined;
  const why = `time: invalid duration ${JSON.stringify(duration)}`;
  return `failed to parse duration ${schedule}: ${why}`;
}

/** `number`, `*`, `a-b`, each with an optional `/step`. */
function rangeProblem(expression: string, bounds: Bounds): string | undefined {
  const [range = '', step, ...more] = expression.split('/');
  const [low = '', high, ...rest] = range.split('-');
  if (more.length > 0) return `too many slashes: ${expression}`;
  let [start, end] = [bounds.min, bounds.max];
  if (low !== '*' && low !== '?') {
    if (rest.length > 0) return `too many hyphens: ${expression}`;
    const first = numberOf(low, bounds);
    const last = high === undefined ? first : numberOf(high, bounds);
    if (typeof first === 'string') return first;
    if (typeof last === 'string') return last;
    start = first;
    end = high === undefined && step !== undefined ? bounds.max : last;
  }
  const every = step === undefined ? 1 : numberOf(step, { ...bounds, names: [] });
  if (typeof every === 'string') return every;
  if (start < bounds.min) {
    return `beginning of range (${start}) below minimum (${bounds.min}): ${expression}`;
  }
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${expression}`;
  if (start > end)
    return `beginning of range (${start}) beyond end of range (${end}): ${expression}`;
  return every === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}

/** The number, or what is wrong with its text. */
function numberOf(value: string, { min, names }: Bounds): number | string {
  const index = names.indexOf(value.toLowerCase());
  if (index !== -1) return min + index;
  if (/^[+]?\d+$/.test(value)) {
    if (Number(value) < 2 ** 63) return Number(value);
    const why = `strconv.Atoi: parsing ${JSON.stringify(value)}: value out of range`;
    return `failed to parse int from ${value}: ${why}`;
  }
  if (/^-\d+$/.test(value)) return `negative number (${Number(value)}) not allowed: ${value}`;
  const why = `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`;
  return `failed to parse int from ${value}: ${why}`;
}
