/**
 * The notation of the type tables: one line a field, `number name type flags`, everything in it a fact of the wire.
 *
 * - number: protobuf field number. name: JSON name, or `~` when the fields of the type are inlined in JSON (they are still
 *   a message of their own in protobuf).
 * - type: `string int32 int64 double bool bytes Time MicroTime Quantity IntOrString RawExtension FieldsV1 JSON ExtraValue
 *   JSONSchemaPropsOrBool JSONSchemaPropsOrArray JSONSchemaPropsOrStringArray`, a type of the same table, or
 *   `<table>.<Type>`; `[]T` a list, `map[string]T` a map, `*T` a value whose zero is told from its absence.
 * - flags: `!` required, `!!` required but left out when zero, `?` optional but written even when zero, `@atomic` `@set`
 *   `@map(keys)` `@granular` list (or map) type of server-side apply, `+merge(key)` `+replace` `+merge,retainKeys(key)`
 *   strategic merge patch, `=value` static default (JSON or a bare word), `:=value` one that OpenAPI does not tell of,
 *   `^=value` one that is only in OpenAPI, `{A|B}` the values allowed, `<A|B>` those OpenAPI tells of, `<>` none, `# text`
 *   description up to the end of the line.
 * - the first line is about the type itself: `%kind` has apiVersion and kind, `%atomic` is owned as a whole, `# text`.
 */
export type TypeTable = Record<string, string>;
