/** How the person who reads a hint can call this program. */

/** `npx kagent` when npm started this process (`npx`, `npm start`), else `kagent`. */
export function programName(env: Record<string, string | undefined>): string {
  return env['npm_command'] === undefined ? 'kagent' : 'npx kagent';
}
