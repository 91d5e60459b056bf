/** Draws an A2A event stream on a terminal: text as it comes, one line for each tool call and each result. */
import {
  type A2AStreamEvent,
  type DataPart,
  METADATA,
  type Part,
  PART_TYPE,
  type TaskState,
} from '@kagent/spec';

export interface TranscriptOptions {
  out: { write(text: string): unknown };
  color: boolean;
}

export interface Outcome {
  state: TaskState | undefined;
  /** Text of the final status, when it was a failure. */
  message: string;
}

export interface Transcript {
  add(event: A2AStreamEvent): void;
  /** Ends the last line and says how it went. */
  end(): Outcome;
}

const ARGUMENTS_WIDTH = 100;
const RESULT_WIDTH = 100;

export function createTranscript({ out, color }: TranscriptOptions): Transcript {
  const dim = (text: string) => (color ? `\u001B[2m${text}\u001B[22m` : text);
  const cyan = (text: string) => (color ? `\u001B[36m${text}\u001B[39m` : text);
  let atLineStart = true;
  let streamed = '';
  let state: TaskState | undefined;
  let failure = '';

  const write = (text: string) => {
    if (text === '') return;
    out.write(text);
    atLineStart = text.endsWith('\n');
  };
  const line = (text: string) => write(`${atLineStart ? '' : '\n'}${text}\n`);

  function addParts(parts: Part[], partial: boolean): void {
    for (const part of parts) {
      if (part.kind === 'text') {
        if (part.metadata?.[METADATA.thought]) continue;
        // the complete message follows its own deltas: print only what was not streamed
        if (partial) streamed += part.text;
        else if (streamed !== '') {
          const missing = part.text.startsWith(streamed) ? part.text.slice(streamed.length) : '';
          streamed = '';
          write(missing);
          continue;
        }
        write(part.text);
      } else if (part.kind === 'data') {
        const text = toolLine(part);
        if (text !== undefined)
          line(part.metadata?.[METADATA.type] === PART_TYPE.functionCall ? cyan(text) : dim(text));
      }
    }
  }

  return {
    add(event) {
      if (event.kind !== 'status-update') return;
      state = event.status.state;
      const { message } = event.status;
      if (!message || message.role === 'user') return;
      if (event.final && state !== 'completed') {
        failure = message.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
        return;
      }
      const partial = Boolean(
        event.metadata?.[METADATA.partial] ?? event.metadata?.['adk_partial'],
      );
      addParts(message.parts, partial);
    },
    end() {
      if (!atLineStart) write('\n');
      return { state, message: failure };
    },
  };
}

function toolLine(part: DataPart): string | undefined {
  switch (part.metadata?.[METADATA.type]) {
    case PART_TYPE.functionCall:
      return `→ ${String(part.data['name'])}(${argumentsText(part.data['args'])})`;
    case PART_TYPE.functionResponse:
      return `← ${resultText(part.data['response'])}`;
    default:
      return undefined;
  }
}

function argumentsText(args: unknown): string {
  if (typeof args !== 'object' || args === null) return '';
  const text = Object.entries(args)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
  return shorten(text, ARGUMENTS_WIDTH);
}

function resultText(response: unknown): string {
  const text = flatten(response);
  const lines = text.trim().split('\n');
  const more = lines.length > 1 ? ` (+${lines.length - 1} lines)` : '';
  return `${shorten(lines[0] ?? '', RESULT_WIDTH)}${more}`;
}

/** The text inside the shapes a function response can have. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(flatten).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  if ('text' in value) return flatten(value.text);
  if ('content' in value) return flatten(value.content);
  if ('result' in value) return flatten(value.result);
  return JSON.stringify(value);
}

function shorten(text: string, width: number): string {
  const single = text.replaceAll(/\s+/g, ' ');
  return single.length > width ? `${single.slice(0, width - 1)}…` : single;
}
