/** How property names appear in CEL (apiserver `pkg/cel/escaping.go`): `self.__namespace__`, `self.max__dash__size`. */

const reserved: ReadonlySet<string> = new Set(
  (
    'true false null in as break const continue else for function if import let loop package ' +
    'namespace return var void while'
  ).split(' '),
);

const replacements: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

const originals: Readonly<Record<string, string>> = {
  underscores: '__',
  dot: '.',
  dash: '-',
  slash: '/',
};

/** The CEL identifier of a property, `undefined` for names that CEL cannot reach. */
export function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  return name.replace(/__|[./-]/g, (part) => replacements[part] ?? part);
}

/** The property an escaped identifier stands for, `undefined` when it is none. */
export function unescapeName(name: string): string | undefined {
  const keyword = /^__([a-z]+)__$/.exec(name)?.[1];
  if (keyword !== undefined && reserved.has(keyword)) return keyword;
  let isValid = true;
  const original = name.replace(/__([a-z]*?)__/g, (whole, part: string) => {
    const found = Object.hasOwn(originals, part) ? originals[part] : undefined;
    if (found === undefined) isValid = false;
    return found ?? whole;
  });
  return isValid ? original : undefined;
}
