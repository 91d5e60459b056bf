/** Failures as a person at a terminal sees them: what is wrong, what to do; never a stack trace. */
import { isKagentError } from '@kagent/spec';
import { KubeError } from '@kagent/kube';

export function printError(error: unknown): void {
  const lines = messageOf(error).trimEnd().split('\n');
  console.error(`error: ${lines.join('\n       ')}`);
  if (process.env['KAGENT_DEBUG'] && error instanceof Error) console.error(error.stack);
}

function messageOf(error: unknown): string {
  if (error instanceof KubeError && error.reason === 'Unreachable')
    return `${error.message}\nIs the cluster running? \`kagent up\` or \`kagent cluster\` starts one on this machine.`;
  if (isKagentError(error) || error instanceof KubeError) return error.message;
  if (error instanceof Error) return `${error.message} (set KAGENT_DEBUG=1 for more)`;
  return String(error);
}

/** 2 for a wrong call, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  return isKagentError(error) && error.code === 'invalid_argument' ? 2 : 1;
}
