/**
 * Reads request bodies of type `application/vnd.kubernetes.protobuf`, which Go clients send for built-in kinds: `k8s\0`,
 * a `runtime.Unknown`, in it the object. Messages are read with the type tables; there are no generated classes.
 */
import { isObject, put, type JsonObject } from '../schema/json.ts';
import { malformed, ProtobufError, ProtobufReader } from './protobuf-reader.ts';
import { builtinTypes, type Field, type FieldType, type Scalar } from './types.ts';

export { ProtobufError } from './protobuf-reader.ts';

const MAGIC = [0x6b, 0x38, 0x73, 0x00];
/** JSONSchemaProps nest; real schemas stay far below. */
const MAX_DEPTH = 200;

/**
 * The object in its JSON form, apiVersion and kind included. Unknown fields are skipped; zero values that Go would leave
 * out of JSON are left out.
 * @throws ProtobufError `unknown_kind` for a kind without a table, `malformed` for damaged bytes
 */
export function decodeProtobuf(bytes: Uint8Array): JsonObject {
  if (!hasMagic(bytes)) throw malformed('it does not begin with the magic number');
  const { apiVersion, kind, raw, contentType } = decodeUnknown(new ProtobufReader(bytes, 4));
  if (contentType === 'application/json') {
    const value = parseJson(raw);
    if (!isObject(value)) throw malformed('the object is not a JSON object');
    return { apiVersion, kind, ...value };
  }
  const type = builtinTypes.ofKind(apiVersion, kind);
  if (type === undefined) {
    throw new ProtobufError(
      'unknown_kind',
      `no kind "${kind}" is registered for version "${apiVersion}" in protobuf`,
    );
  }
  return { apiVersion, kind, ...decodeMessage(new ProtobufReader(raw), type, 0) };
}

function hasMagic(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

interface Unknown {
  apiVersion: string;
  kind: string;
  raw: Buffer;
  contentType: string;
}

/** runtime.Unknown: 1 typeMeta {1 apiVersion, 2 kind}, 2 raw, 3 contentEncoding, 4 contentType. */
function decodeUnknown(reader: ProtobufReader): Unknown {
  const unknown: Unknown = { apiVersion: '', kind: '', raw: Buffer.alloc(0), contentType: '' };
  while (!reader.isAtEnd) {
    const { number, wire } = reader.tag();
    if (wire !== 2) reader.skip(wire);
    else if (number === 1) decodeTypeMeta(reader.message(), unknown);
    else if (number === 2) unknown.raw = reader.bytes();
    else if (number === 4) unknown.contentType = reader.text();
    else if (number === 3 && reader.bytes().length > 0) throw malformed('a content encoding');
    else if (number > 4) reader.skip(wire);
  }
  return unknown;
}

function decodeTypeMeta(reader: ProtobufReader, unknown: Unknown): void {
  while (!reader.isAtEnd) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === 2) unknown.apiVersion = reader.text();
    else if (number === 2 && wire === 2) unknown.kind = reader.text();
    else reader.skip(wire);
  }
}

function decodeMessage(reader: ProtobufReader, type: string, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw malformed('it nests too deeply');
  const { byNumber } = builtinTypes.get(type);
  const object: JsonObject = {};
  while (!reader.isAtEnd) {
    const { number, wire } = reader.tag();
    const field = byNumber.get(number);
    if (field === undefined) reader.skip(wire);
    else decodeField(object, field, { reader, wire, depth });
  }
  return object;
}

interface Place {
  reader: ProtobufReader;
  wire: number;
  depth: number;
}

function decodeField(object: JsonObject, field: Field, place: Place): void {
  const { type, name } = field;
  switch (type.form) {
    case 'list': {
      const items = listOf(object, name);
      if (place.wire === 2 && isVarint(type.items)) decodePacked(items, type.items, place);
      else items.push(decodeValue(type.items, place));
      return;
    }
    case 'map': {
      expectLengthDelimited(place.wire);
      const values = isObject(object[name]) ? object[name] : {};
      object[name] = values;
      decodeEntry(values, type.values, place);
      return;
    }
    case 'object': {
      const value = decodeValue(type, place);
      if (name !== '') object[name] = value;
      else if (isObject(value)) Object.assign(object, value);
      return;
    }
    case 'scalar': {
      const value = decodeValue(type, place);
      if (isKept(value, field, type.scalar)) object[name] = value;
      return;
    }
  }
}

function listOf(object: JsonObject, name: string): unknown[] {
  const known = object[name];
  if (Array.isArray(known)) return known;
  const made: unknown[] = [];
  object[name] = made;
  return made;
}

function isVarint(type: FieldType): boolean {
  if (type.form !== 'scalar') return false;
  return type.scalar === 'int32' || type.scalar === 'int64' || type.scalar === 'bool';
}

function decodePacked(items: unknown[], type: FieldType, { reader, depth }: Place): void {
  const packed = reader.message();
  while (!packed.isAtEnd) items.push(decodeValue(type, { reader: packed, wire: 0, depth }));
}

/** A map entry is a message {1 key, 2 value}; either may be missing. */
function decodeEntry(values: JsonObject, type: FieldType, { reader, depth }: Place): void {
  const entry = reader.message();
  let key = '';
  let value: unknown;
  while (!entry.isAtEnd) {
    const { number, wire } = entry.tag();
    if (number === 1 && wire === 2) key = entry.text();
    else if (number === 2) value = decodeValue(type, { reader: entry, wire, depth });
    else entry.skip(wire);
  }
  put(values, key, value ?? emptyValue(type));
}

function emptyValue(type: FieldType): unknown {
  if (type.form === 'object') return {};
  if (type.form === 'list') return [];
  if (type.form === 'scalar' && type.scalar === 'Quantity') return '0';
  return type.form === 'scalar' && (type.scalar === 'string' || type.scalar === 'bytes')
    ? ''
    : null;
}

/** Whether Go's JSON would have the value. */
function isKept(value: unknown, field: Field, scalar: Scalar): boolean {
  if (value === undefined) return false;
  if (field.isPointer) return true;
  switch (scalar) {
    case 'string':
    case 'bytes':
    case 'double':
    case 'int32':
    case 'int64':
    case 'bool':
      return field.keepsZero || (value !== '' && value !== 0 && value !== false);
    default:
      return true;
  }
}

function expectLengthDelimited(wire: number): void {
  if (wire !== 2) throw malformed(`wire type ${wire} where a length is expected`);
}

function decodeValue(type: FieldType, place: Place): unknown {
  if (type.form === 'object') {
    expectLengthDelimited(place.wire);
    return decodeMessage(place.reader.message(), type.type, place.depth + 1);
  }
  if (type.form !== 'scalar') throw malformed('a list of lists');
  return decodeScalar(type.scalar, place);
}

/** `undefined` stands for a value that is not there, e.g. the zero Time. */
function decodeScalar(scalar: Scalar, { reader, wire, depth }: Place): unknown {
  if (scalar === 'int32' || scalar === 'int64' || scalar === 'bool') {
    if (wire !== 0) throw malformed(`wire type ${wire} where a number is expected`);
    if (scalar === 'bool') return reader.int64() !== 0;
    return scalar === 'int32' ? reader.int32() : reader.int64();
  }
  if (scalar === 'double') {
    if (wire !== 1) throw malformed(`wire type ${wire} where a double is expected`);
    const value = reader.double();
    return Number.isFinite(value) ? value : 0;
  }
  expectLengthDelimited(wire);
  if (scalar === 'string') return reader.text();
  if (scalar === 'bytes') return reader.base64();
  return decodeWrapper(scalar, reader.message(), depth + 1);
}

type Wrapper = Exclude<Scalar, 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'double'>;

function decodeWrapper(scalar: Wrapper, message: ProtobufReader, depth: number): unknown {
  if (depth > MAX_DEPTH) throw malformed('it nests too deeply');
  switch (scalar) {
    case 'Quantity':
      return decodeQuantity(message);
    case 'Time':
    case 'MicroTime':
      return decodeTime(message, scalar === 'MicroTime');
    case 'IntOrString':
      return decodeIntOrString(message);
    case 'RawExtension':
    case 'FieldsV1':
    case 'JSON':
      return decodeRaw(message);
    case 'ExtraValue':
      return decodeList(message, 1, (reader) => reader.text());
    case 'JSONSchemaPropsOrBool':
    case 'JSONSchemaPropsOrArray':
    case 'JSONSchemaPropsOrStringArray':
      return decodeSchemaChoice(scalar, message, depth);
  }
}

/** Values of one length-delimited field, the rest skipped. */
function decodeList(
  message: ProtobufReader,
  wanted: number,
  read: (reader: ProtobufReader) => unknown,
): unknown[] {
  const values: unknown[] = [];
  while (!message.isAtEnd) {
    const { number, wire } = message.tag();
    if (number === wanted && wire === 2) values.push(read(message));
    else message.skip(wire);
  }
  return values;
}

function decodeQuantity(message: ProtobufReader): string {
  const text = decodeList(message, 1, (reader) => reader.text()).at(-1);
  return typeof text === 'string' && text !== '' ? text : '0';
}

/** Varint fields by number; the rest skipped. */
function decodeNumbers(message: ProtobufReader): { numbers: Map<number, bigint>; text: string } {
  const numbers = new Map<number, bigint>();
  let text = '';
  while (!message.isAtEnd) {
    const { number, wire } = message.tag();
    if (wire === 0) numbers.set(number, message.varint());
    else if (wire === 2) text = message.text();
    else message.skip(wire);
  }
  return { numbers, text };
}

/** 1 seconds, 2 nanos. Go's zero time is the empty message. */
function decodeTime(message: ProtobufReader, isMicro: boolean): string | undefined {
  if (message.isAtEnd) return undefined;
  const { numbers } = decodeNumbers(message);
  const seconds = Number(BigInt.asIntN(64, numbers.get(1) ?? 0n));
  const nanos = Number(BigInt.asIntN(32, numbers.get(2) ?? 0n));
  const date = new Date(seconds * 1000);
  const year = Number.isNaN(date.getTime()) ? -1 : date.getUTCFullYear();
  if (year < 0 || year > 9999) throw malformed('a time outside the years 0 to 9999');
  const instant = date.toISOString().slice(0, 19);
  if (!isMicro) return `${instant}Z`;
  const micros = Math.min(Math.max(Math.trunc(nanos / 1000), 0), 999_999);
  return `${instant}.${String(micros).padStart(6, '0')}Z`;
}

/** 1 type (0 number, 1 string), 2 intVal, 3 strVal. */
function decodeIntOrString(message: ProtobufReader): number | string {
  const { numbers, text } = decodeNumbers(message);
  if ((numbers.get(1) ?? 0n) !== 0n) return text;
  return Number(BigInt.asIntN(32, numbers.get(2) ?? 0n));
}

/** 1 raw: JSON text, or the protobuf of a built-in kind. */
function decodeRaw(message: ProtobufReader): unknown {
  let raw: Buffer | undefined;
  while (!message.isAtEnd) {
    const { number, wire } = message.tag();
    if (number === 1 && wire === 2) raw = message.bytes();
    else message.skip(wire);
  }
  if (raw === undefined || raw.length === 0) return undefined;
  if (hasMagic(raw)) throw malformed('an embedded object that is not JSON');
  return parseJson(raw);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw malformed('an embedded value that is not JSON');
  }
}

/** Bool: 1 allows, 2 schema. Array: 1 schema, 2 schemas. StringArray: 1 schema, 2 names. */
function decodeSchemaChoice(
  scalar: 'JSONSchemaPropsOrBool' | 'JSONSchemaPropsOrArray' | 'JSONSchemaPropsOrStringArray',
  message: ProtobufReader,
  depth: number,
): unknown {
  const schemaNumber = scalar === 'JSONSchemaPropsOrBool' ? 2 : 1;
  const schemas: unknown[] = [];
  let schema: JsonObject | undefined;
  let allows = false;
  const read = (reader: ProtobufReader) =>
    decodeMessage(reader.message(), 'crd.JSONSchemaProps', depth);
  while (!message.isAtEnd) {
    const { number, wire } = message.tag();
    if (wire === 0 && number === 1) allows = message.varint() !== 0n;
    else if (wire === 2 && number === schemaNumber) schema = read(message);
    else if (wire === 2 && number === 2) {
      const isName = scalar === 'JSONSchemaPropsOrStringArray';
      schemas.push(isName ? message.text() : read(message));
    } else message.skip(wire);
  }
  if (schema !== undefined) return schema;
  return scalar === 'JSONSchemaPropsOrBool' ? allows : schemas;
}
