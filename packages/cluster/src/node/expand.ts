/** `$(VAR)` expansion of env values, command and args, as documented for core/v1 Container. */

/**
 * Replaces `$(NAME)` by its value; an unknown name stays as it is, `$$` is a literal `$` (so `$$(NAME)` gives `$(NAME)`).
 * `onEmpty` is told of the names that are unknown or have an empty value.
 */
export function expandVariables(
  text: string,
  variables: Readonly<Record<string, string>>,
  onEmpty?: (name: string) => void,
): string {
  if (!text.includes('$')) return text;
  return text.replaceAll(/\$\$|\$\(([^()]*)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    const value = Object.hasOwn(variables, name) ? variables[name]! : undefined;
    if (value === undefined || value === '') onEmpty?.(name);
    return value ?? match;
  });
}
