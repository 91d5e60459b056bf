/** `$(VAR)` expansion of env values, command and args, as documented for core/v1 Container. */

/**
 * Replaces `$(NAME)` by its value; an unknown name stays as it is, `$$` is a literal `$` (so `$$(NAME)` gives `$(NAME)`).
 */
export function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  if (!text.includes('$')) return text;
  return text.replaceAll(/\$\$|\$\(([^()]*)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(variables, name) ? variables[name]! : match;
  });
}
