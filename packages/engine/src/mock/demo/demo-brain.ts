/**
 * The demo model: answers questions about a cluster by rules, through the same tools and the same wire as a language
 * model. It reports what tools said, and says so when it can't do something.
 */
import type { Brain, Conversation, Reply } from '../brain.ts';
import { FOOTER } from './answers.ts';
import { readIntent, type Context, type Intent, type ObjectRef } from './intent.ts';
import { podsOf } from './investigate.ts';
import { matchTool } from './other-tools.ts';
import { plan, whole, type PlanInput } from './plan.ts';
import { createRun, segmentsOf, type Segment } from './run.ts';
import { isTrouble, parseRows, type Row } from './tables.ts';
import { createToolbox } from './toolbox.ts';
import type { Kind } from './vocabulary.ts';

const MAX_CALLS = 20;

/** Makes the brain. It keeps nothing between requests: the conversation is all it knows. */
export function createDemoBrain(): Brain {
  return (conversation) => answer(conversation);
}

function answer(conversation: Conversation): Reply {
  const segments = segmentsOf(conversation);
  const current = segments.at(-1) ?? { question: '', results: [] };
  const context = segments.slice(0, -1).reduce(learn, {});
  const run = createRun(current.results);
  const input: PlanInput = {
    run,
    toolbox: createToolbox(conversation.tools),
    tools: conversation.tools.map((tool) => tool.name),
    offered: conversation.tools,
  };
  const text = decide({ question: current.question, context, input });
  if (text !== undefined) return { text: `${text}\n\n${FOOTER}` };
  if (current.results.length + run.pending.length > MAX_CALLS) {
    return {
      text: `I asked ${current.results.length} times and still have no answer.\n\n${FOOTER}`,
    };
  }
  return { toolCalls: run.pending };
}

interface Decision {
  question: string;
  context: Context;
  input: PlanInput;
}

function decide({ question, context, input }: Decision): string | undefined {
  const intent = readIntent(question, context);
  const other = matchTool(question, input.toolbox.others);
  // A tool of the user's own whose name is all there beats the rules for Kubernetes, except those that protect it.
  const wins = other !== undefined && (other.score >= 1 || intent.type === 'unknown');
  if (
    wins &&
    intent.type !== 'write' &&
    intent.type !== 'greeting' &&
    intent.type !== 'help' &&
    intent.type !== 'thanks'
  ) {
    return whole({ call: other.call, what: '', input });
  }
  return plan(intent, input);
}

/** What an earlier question and its results tell about "it" and "there". */
function learn(context: Context, segment: Segment): Context {
  const intent = readIntent(segment.question, context);
  if (['greeting', 'thanks', 'help', 'unknown', 'write', 'incomplete'].includes(intent.type))
    return context;
  const object = objectOf(intent, segment);
  return { intent, ...(object === undefined ? {} : { object }) };
}

/** The one object a question was about, where the tools found it, or the one that its listing found. */
function objectOf(intent: Intent, { results }: Segment): Context['object'] {
  const [listed] = results;
  const rows = listed === undefined || listed.failed ? [] : (parseRows(listed.text) ?? []);
  if (intent.type === 'list') {
    const shown = intent.filter === 'trouble' ? rows.filter(isTrouble) : rows;
    return results.length === 1 && shown.length === 1
      ? refOf(shown[0], intent.kinds[0])
      : undefined;
  }
  const asked = askedObject(intent);
  if (asked === undefined) return undefined;
  const found = refOf(podsOf(rows, asked.name)[0], asked.kind);
  const { namespace } = 'scope' in intent ? intent.scope : {};
  return { ...asked, ...(namespace === undefined ? {} : { namespace }), ...found };
}

function askedObject(intent: Intent): ObjectRef | undefined {
  if (intent.type === 'logs') return { name: intent.name };
  if (intent.type === 'events')
    return intent.name === undefined ? undefined : { name: intent.name };
  return 'object' in intent ? intent.object : undefined;
}

function refOf(row: Row | undefined, kind: Kind | undefined): Context['object'] {
  const name = row?.['NAME'];
  if (name === undefined) return undefined;
  const namespace = row?.['NAMESPACE'];
  return {
    name,
    ...(kind === undefined ? {} : { kind }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}
