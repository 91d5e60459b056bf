/** YAML in and out; the library is loaded when first needed. */
import { ToolFailure } from '../tool.ts';

export async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** All documents that are not empty. Rejects with `ToolFailure` that names line and column. */
export async function parseYamlDocuments(text: string): Promise<unknown[]> {
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { merge: true, maxAliasCount: 100 } as Record<
    string,
    unknown
  >);
  const values: unknown[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error !== undefined)
      throw new ToolFailure(`The YAML can't be read: ${firstLine(error.message)}`);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value !== null && value !== undefined) values.push(value);
  }
  return values;
}

/** Says where and what; the lines after it quote the text, which may be none of the reader's business. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/:$/, '.');
}
