/** JSON lines into a file, so that the terminal stays readable. */
import { openSync } from 'node:fs';
import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface FileLogger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
  /** Writes what is buffered. */
  flush(): void;
}

/** Names of fields that may hold secrets, at any of the usual depths. */
const REDACTED = [
  'authorization',
  'apiKey',
  'api_key',
  'token',
  'password',
  'secret',
  'data',
].flatMap((name) => [name, `*.${name}`, `headers.${name}`, `*.headers.${name}`]);

export function createFileLogger(path: string, level: LogLevel): FileLogger {
  // opened here and now: pino would do it later, and a start that fails before that could not flush
  const destination = pino.destination({ dest: openSync(path, 'a', 0o600), sync: false });
  const logger = pino({ level, redact: { paths: REDACTED, censor: '[redacted]' } }, destination);
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: () => destination.flushSync(),
  };
}

/** JSON lines to standard output, for the process roles. */
export function createConsoleLogger(level: LogLevel, write: (line: string) => void): FileLogger {
  const logger = pino(
    { level, redact: { paths: REDACTED, censor: '[redacted]' } },
    { write: (line) => write(line.trimEnd()) },
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: () => {},
  };
}
