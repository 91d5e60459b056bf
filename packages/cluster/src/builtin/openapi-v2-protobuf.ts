/**
 * Writes OpenAPI v2 as the protobuf message `openapi.v2.Document` of the gnostic project, the form in which clients ask for
 * it. Fields are data: JSON keyword, field number, how the value is written. Vendor extensions and values of any type are
 * messages with YAML text in them, and JSON is YAML.
 */
import { isObject } from '../schema/json.ts';
import { BackwardWriter } from './backward-writer.ts';

/** Writes a value with its field number; nothing for a value of the wrong type. */
type Write = (to: BackwardWriter, value: unknown) => void;
interface Message {
  fields: Readonly<Record<string, Write>>;
  /** Field that takes the keywords that begin with `x-`. */
  extensions?: number;
}

const text =
  (field: number): Write =>
  (to, value) => {
    if (typeof value === 'string') to.text(field, value);
  };

const flag =
  (field: number): Write =>
  (to, value) => {
    if (value === true) to.number(field, 1);
  };

const count =
  (field: number): Write =>
  (to, value) => {
    if (typeof value === 'number' && value > 0) to.number(field, Math.trunc(value));
  };

const double =
  (field: number): Write =>
  (to, value) => {
    if (typeof value === 'number' && value !== 0) to.double(field, value);
  };

/** gnostic's Any: 2 yaml. */
const any =
  (field: number): Write =>
  (to, value) => {
    to.message(field, () => to.text(2, JSON.stringify(value) ?? 'null'));
  };

const each =
  (write: Write): Write =>
  (to, value) => {
    if (!Array.isArray(value)) return;
    for (const item of value.toReversed()) write(to, item);
  };

const texts = (field: number): Write => each(text(field));

/** The entries of an object as messages {1 name, 2 value}; `write` writes field 2. */
const entries =
  (field: number, write: Write): Write =>
  (to, value) => {
    if (!isObject(value)) return;
    for (const [name, member] of Object.entries(value).toReversed()) {
      to.message(field, () => {
        write(to, member);
        to.text(1, name);
      });
    }
  };

const message =
  (field: number, write: Write): Write =>
  (to, value) => {
    to.message(field, () => write(to, value));
  };

/** What stands inside a message. */
const content =
  (type: () => Message): Write =>
  (to, value) => {
    if (!isObject(value)) return;
    const { fields, extensions } = type();
    for (const [key, member] of Object.entries(value).toReversed()) {
      if (Object.hasOwn(fields, key)) fields[key]?.(to, member);
      else if (extensions !== undefined && key.startsWith('x-')) {
        to.message(extensions, () => {
          any(2)(to, member);
          to.text(1, key);
        });
      }
    }
  };

const schema = content(() => SCHEMA);

/** AdditionalPropertiesItem: 1 schema or 2 boolean. */
const additional: Write = (to, value) => {
  if (isObject(value)) message(1, schema)(to, value);
  else flag(2)(to, value);
};

const SCHEMA: Message = {
  extensions: 31,
  fields: {
    $ref: text(1),
    format: text(2),
    title: text(3),
    description: text(4),
    default: any(5),
    multipleOf: double(6),
    maximum: double(7),
    exclusiveMaximum: flag(8),
    minimum: double(9),
    exclusiveMinimum: flag(10),
    maxLength: count(11),
    minLength: count(12),
    pattern: text(13),
    maxItems: count(14),
    minItems: count(15),
    uniqueItems: flag(16),
    maxProperties: count(17),
    minProperties: count(18),
    required: texts(19),
    enum: each(any(20)),
    additionalProperties: message(21, additional),
    type: message(22, text(1)),
    items: message(23, message(1, schema)),
    allOf: each(message(24, schema)),
    properties: message(25, entries(1, message(2, schema))),
    example: any(30),
  },
};

const BODY: Message = {
  extensions: 6,
  fields: {
    description: text(1),
    name: text(2),
    in: text(3),
    required: flag(4),
    schema: message(5, schema),
  },
};
const QUERY: Message = {
  extensions: 23,
  fields: {
    required: flag(1),
    in: text(2),
    description: text(3),
    name: text(4),
    type: text(6),
    format: text(7),
    uniqueItems: flag(20),
  },
};
const PATH: Message = {
  extensions: 22,
  fields: {
    required: flag(1),
    in: text(2),
    description: text(3),
    name: text(4),
    type: text(5),
    format: text(6),
    uniqueItems: flag(19),
  },
};

/** ParametersItem {1 Parameter {1 body, 2 other {3 query, 4 path}}}. */
const parameter: Write = (to, value) => {
  if (!isObject(value)) return;
  switch (value.in) {
    case 'body':
      return message(
        1,
        message(
          1,
          content(() => BODY),
        ),
      )(to, value);
    case 'path':
      return message(
        1,
        message(
          2,
          message(
            4,
            content(() => PATH),
          ),
        ),
      )(to, value);
    default:
      return message(
        1,
        message(
          2,
          message(
            3,
            content(() => QUERY),
          ),
        ),
      )(to, value);
  }
};

const RESPONSE: Message = {
  extensions: 5,
  fields: { description: text(1), schema: message(2, message(1, schema)) },
};

const OPERATION: Message = {
  extensions: 13,
  fields: {
    tags: texts(1),
    description: text(3),
    operationId: text(5),
    produces: texts(6),
    consumes: texts(7),
    parameters: each(message(8, parameter)),
    // Responses {1 NamedResponseValue {1 name, 2 ResponseValue {1 Response}}}
    responses: message(
      9,
      entries(
        1,
        message(
          2,
          message(
            1,
            content(() => RESPONSE),
          ),
        ),
      ),
    ),
    schemes: texts(10),
  },
};

const operation = content(() => OPERATION);

const PATH_ITEM: Message = {
  extensions: 10,
  fields: {
    get: message(2, operation),
    put: message(3, operation),
    post: message(4, operation),
    delete: message(5, operation),
    patch: message(8, operation),
    parameters: each(message(9, parameter)),
  },
};

/** Document: 1 swagger, 2 info, 8 paths {2 entries}, 9 definitions {1 entries}. */
const DOCUMENT: Message = {
  fields: {
    swagger: text(1),
    info: message(2, (to, value) => {
      if (!isObject(value)) return;
      text(2)(to, value.version);
      text(1)(to, value.title);
    }),
    paths: message(
      8,
      entries(
        2,
        message(
          2,
          content(() => PATH_ITEM),
        ),
      ),
    ),
    definitions: message(9, entries(1, message(2, schema))),
  },
};

/** A document or a part of one. Readers merge the parts they get one after the other into one document. */
export function encodeSwagger(part: object): Buffer {
  const writer = new BackwardWriter();
  content(() => DOCUMENT)(writer, part);
  return writer.bytes();
}
