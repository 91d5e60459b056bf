/**
 * Decides what a question asks for. A table of rules, tried in order; what no rule understands is `unknown`, so that the
 * demo model says that it can't instead of guessing.
 */
import { passThroughKind, readQuestion, type Question, type Scope } from './question.ts';
import { findKinds, TROUBLE, unknownKind, type Kind } from './vocabulary.ts';

export interface ObjectRef {
  /** Absent when the question does not say; pods are tried first. */
  kind?: Kind;
  name: string;
}

/** Rows of a listing the question is about. */
export type Filter = 'trouble' | 'running' | 'pending' | 'completed' | 'terminating';

export type Intent =
  | { type: 'greeting' | 'thanks' | 'help' | 'api-resources' | 'unknown' }
  | { type: 'write'; verb: string }
  | { type: 'incomplete'; missing: string }
  | { type: 'list'; kinds: Kind[]; scope: Scope; count: boolean; filter?: Filter; name?: string }
  | { type: 'status' | 'describe' | 'yaml'; object: ObjectRef; scope: Scope }
  | { type: 'logs'; name: string; scope: Scope; container?: string; tail?: number }
  | { type: 'events'; scope: Scope; name?: string }
  | { type: 'diagnose'; object?: ObjectRef; scope: Scope };

/** What earlier questions of the conversation were about. */
export interface Context {
  intent?: Intent;
  /** The object last spoken of, where it was found. */
  object?: ObjectRef & { namespace?: string };
}

const POLITE =
  /^(?:(?:please|kindly|now|then|and|also|ok|hey|hi|can you|could you|would you|will you|can we|i want(?: you)? to|i(?:'d| would) like(?: you)? to|i need(?: you)? to|let's|go ahead and|you should|help me(?: to)?|(?:run |execute )?kubectl)\s+)+/;
const WRITE =
  /^(delete|remove|scale|apply|patch|edit|update(?! me)|restart|rollout|roll back|rollback|redeploy|deploy|create|install|uninstall|upgrade|label|annotate|drain|cordon|uncordon|taint|stop|kill|exec|expose|rename|replace|undo|increase|decrease|enable|disable|grant|revoke|evict|reboot|bump|turn (?:on|off)|shut down)\b/;
/** Verbs that mean a change only when a kind of the cluster follows; tools of other servers use them too. */
const WEAK_WRITE = /^(add|set|change|move|run|start|write|generate|execute|make|put|send|assign)\b/;
const THEN_WRITE =
  /\b(?:and|then) (?:then )?(?:please )?(delete|remove|scale|restart|redeploy|patch|evict|kill|drain|cordon)\b/;

/** The intent of the last question, with the help of what came before. */
export function readIntent(text: string, context: Context = {}): Intent {
  const question = readQuestion(text);
  return (
    social(question) ??
    write(question) ??
    followUp(question, context) ??
    classify(question) ?? { type: 'unknown' }
  );
}

function social({ text }: Question): Intent | undefined {
  if (
    /^(hi|hello|hey|hiya|howdy|yo|good (morning|afternoon|evening)|greetings)( there| kagent| bot| agent| you)*$/.test(
      text,
    )
  ) {
    return { type: 'greeting' };
  }
  if (
    /^(thanks|thank you|thx|great|cool|nice|perfect|awesome|ok|okay|got it)( a lot| so much| very much| thanks| thank you| then)*$/.test(
      text,
    )
  ) {
    return { type: 'thanks' };
  }
  const help =
    /^(help|help me|\?)$|what can (you|i) (do|ask)|who are you|what are you|how do you work|what do you do|what (are|is) your (capabilit|purpose|tool|function)|\b(which|what|list|show)( me)?( all)?( the| your)? (available )?tools\b|introduce yourself/;
  return help.test(text) || text === '' ? { type: 'help' } : undefined;
}

function write(question: Question): Intent | undefined {
  const text = question.text.replace(POLITE, '');
  const verb = WRITE.exec(text)?.[1] ?? THEN_WRITE.exec(text)?.[1];
  if (verb !== undefined) return { type: 'write', verb };
  const weak = WEAK_WRITE.exec(text)?.[1];
  return weak !== undefined &&
    (question.kinds.length > 0 || /\blabels?|annotations?|replicas?\b/.test(text))
    ? { type: 'write', verb: weak }
    : undefined;
}

/** `and in kube-system?`, `what about services?`, `describe it`, `why?`, `how many?` */
function followUp(question: Question, context: Context): Intent | undefined {
  const { text, scope, kinds, words } = question;
  const before = context.intent;
  if (before === undefined) return undefined;
  if (/^(and |so |but )?how many( are there| is that| are they| of them)?$/.test(text)) {
    return before.type === 'list' ? { ...before, count: true } : undefined;
  }
  if (/^(but |and |so )?why( is that| not| so)?$/.test(text)) return diagnoseAgain(context);
  if (/^(and|what about|how about|same|also|now|or)\b/.test(text) && words.length <= 1) {
    const moved = retarget(before, question);
    if (moved !== undefined) return moved;
  }
  const pronoun = /\b(it|its|it's|this|that|them|they|those|one)\b/.test(text);
  if (!pronoun || words.length > 0 || context.object === undefined) return undefined;
  if (
    kinds.some((kind) => kind.plural !== 'events' && kind.plural !== context.object?.kind?.plural)
  )
    return undefined;
  const { namespace, kind, name } = context.object;
  return classify({
    ...question,
    kinds: question.kinds.length > 0 || kind === undefined ? question.kinds : [kind],
    plural: false,
    words: [name],
    name,
    scope:
      scope.namespace === undefined && namespace !== undefined ? { namespace, all: false } : scope,
  });
}

function diagnoseAgain({ intent, object }: Context): Intent {
  if (object !== undefined) {
    const scope: Scope =
      object.namespace === undefined ? { all: false } : { namespace: object.namespace, all: false };
    return { type: 'diagnose', object, scope };
  }
  return {
    type: 'diagnose',
    scope: intent !== undefined && 'scope' in intent ? intent.scope : { all: false },
  };
}

/** The same question about another namespace, kind or name. */
function retarget(before: Intent, question: Question): Intent | undefined {
  if (!('scope' in before)) return undefined;
  const { scope, kinds, name } = question;
  const moved = scope.namespace !== undefined || scope.all;
  const next: Intent = moved ? { ...before, scope } : { ...before };
  const kind = kinds[0];
  if (next.type === 'list') {
    if (kind !== undefined)
      return {
        type: 'list',
        scope: next.scope,
        count: next.count,
        kinds,
        ...(name === undefined ? {} : { name }),
      };
    if (name !== undefined) return { ...next, name };
    return moved ? next : undefined;
  }
  if (name !== undefined) {
    if (next.type === 'logs' || next.type === 'events') return { ...next, name };
    const known = kind ?? ('object' in next ? next.object?.kind : undefined);
    return { ...next, object: { name, ...(known === undefined ? {} : { kind: known }) } };
  }
  return moved && kind === undefined ? next : undefined;
}

const LIST_VERB =
  /^(list|show|display|print|get|give|fetch|find|enumerate|which|what|are there|is there|do i have|do we have|any|all|see|view|tell|check|i want to see|how)\b/;
const COUNT = /\bhow many\b|\bnumber of\b|\bcount\b/;
const WHY =
  /^why\b|\bwhat('s| is| was)? (the )?(wrong|problem|matter|issue|going on|cause|reason)\b|\broot cause\b|\b(troubleshoot|debug|diagnose|investigate|fix)\b|\bwhat happened to\b|\breason (for|why)\b|\bfind out why\b/;
const GENERAL =
  /\b(everything|anything|all|things?|cluster|system|something)\b.*\b(ok|okay|fine|good|healthy|health|working|wrong|broken|failing|down)\b|\bhealth( |-)?check\b|\b(cluster|system) (health|status|state)\b|\b(health|status|state) of (the |my |our )?cluster\b|\bany (problems?|issues?|errors?|failures?|trouble)\b|\bhow('s| is) (the |my |our )?cluster\b|\b(overview|summary) of (the |my |our )?cluster\b|\bcluster (overview|summary)\b|\bwhat('s| is) (wrong|broken|failing|down|unhealthy)\b/;
/** Things no table of the cluster tells. */
const BEYOND =
  /\b(memory|cpu|gpu|cost|costs|usage|utili[sz]ation|labels?|annotations?|images?|best|should|recommend\w*|compare|difference|better|per|group(?:ed)? by|by namespace|means?|most|least|top|oldest|newest|longest|sort(?:ed)?|order(?:ed)? by|(?:more|less|older|younger|fewer) than)\b/;
/** Questions for knowledge, not for the state of the cluster. */
const KNOWLEDGE =
  /^(how (do|can|should|would|to|does)\b|what(?:'s| is| are| does)? (?:a|an) |what (?:does|do|makes?) (?!the logs?)|should i\b|can you explain\b)/;

function classify(question: Question): Intent | undefined {
  const text = question.text.replace(POLITE, '');
  if (KNOWLEDGE.test(question.text)) return undefined;
  if (
    /\bapi[- ]?resources?\b|\b(resource )?(kinds|types) of resources?\b|\bresource (kinds|types)\b|\b(what|which|list|all)( the)? (resources|kinds)( are)?( available| supported| exist)/.test(
      text,
    )
  ) {
    return { type: 'api-resources' };
  }
  return (
    aboutLogs(question) ??
    aboutEvents(question, text) ??
    aboutOneObject(question, text) ??
    aboutTrouble(question, text) ??
    aboutKinds(question, text) ??
    aboutNothingNamed(question, text)
  );
}

function aboutLogs(question: Question): Intent | undefined {
  if (!/\blogs?\b|\btail\b/.test(question.text)) return undefined;
  const { container, tail, words } = question;
  if (words.length > 3) return undefined;
  // "The log of the web container in web-1" means a pod, not a namespace.
  const inPod = words.length === 0 ? question.scope.namespace : undefined;
  const name = inPod ?? words.join('-');
  const scope = inPod === undefined ? question.scope : { all: false };
  if (name === '')
    return { type: 'incomplete', missing: 'Say which pod, for example "logs of web-1".' };
  return {
    type: 'logs',
    name,
    scope,
    ...(container === undefined ? {} : { container }),
    ...(tail === undefined ? {} : { tail }),
  };
}

function aboutEvents({ kinds, scope, name, words }: Question, text: string): Intent | undefined {
  const happened =
    /\bwhat (has |have |just )?(happened|happens|is happening|been happening)\b(?! to)|\bwhat's happening\b|\b(recent|latest) (activity|warnings?)\b|\bwarnings?\b/;
  if (!kinds.some((kind) => kind.plural === 'events') && !happened.test(text)) return undefined;
  if (words.length > 1) return undefined;
  return { type: 'events', scope, ...(name === undefined ? {} : { name }) };
}

function aboutOneObject(question: Question, text: string): Intent | undefined {
  const { scope } = question;
  const yaml = /\b(yaml|manifest|definition|spec|json)\b/.test(text);
  const describe =
    /^(describe|inspect|explain)\b|\bdetails?\b|\btell me (more )?about\b|\binfo(rmation)? (about|on|for)\b|\bdescribe\b/.test(
      text,
    );
  if (!yaml && !describe) return undefined;
  if (BEYOND.test(text)) return undefined;
  const type = yaml ? 'yaml' : 'describe';
  const object = objectOf(question);
  // "Explain networking" is no question about a pod of that name.
  if (
    object !== undefined &&
    object.kind === undefined &&
    !/^(describe|inspect)\b|\byaml\b/.test(text) &&
    !/[-\d]/.test(object.name)
  )
    return undefined;
  if (object === undefined && question.words.length === 0 && question.kinds.length > 0) {
    return { type: 'incomplete', missing: `Say which ${question.kinds[0]?.singular} you mean.` };
  }
  return object === undefined ? undefined : { type, object, scope };
}

function objectOf(question: Question): ObjectRef | undefined {
  const kind = question.kinds[0];
  if (question.name !== undefined)
    return { name: question.name, ...(kind === undefined ? {} : { kind }) };
  if (kind !== undefined || question.words.length !== 2) return undefined;
  const [first = '', name = ''] = question.words;
  return { kind: unknownKind(first), name };
}

function aboutTrouble(question: Question, text: string): Intent | undefined {
  const { kinds, scope, words, plural } = question;
  const trouble = TROUBLE.test(text);
  const why = WHY.test(text);
  const kind = kinds[0];
  if (
    why &&
    (trouble || kind !== undefined || words.length === 1) &&
    words.length <= 3 &&
    !BEYOND.test(text)
  ) {
    if (words.length === 0) return { type: 'diagnose', scope };
    if (!trouble && /^why\b/.test(text)) return undefined;
    const name = words.find((word) => /[-\d]/.test(word)) ?? words.join('-');
    return { type: 'diagnose', object: { name, ...(kind === undefined ? {} : { kind }) }, scope };
  }
  if (words.length === 1 && trouble && !plural && !/^(is|are|which|list|show|get)\b/.test(text)) {
    return {
      type: 'diagnose',
      object: { name: words[0] ?? '', ...(kind === undefined ? {} : { kind }) },
      scope,
    };
  }
  if (
    words.length === 0 &&
    kind?.plural === 'pods' &&
    /^(is|are) (all|every|my|the|our)\b.*\b(healthy|ok|okay|fine|good|up|ready|running)\b/.test(
      text,
    )
  ) {
    return { type: 'diagnose', scope };
  }
  if (
    words.length === 0 &&
    kinds.every((known) => ['namespaces', 'nodes'].includes(known.plural)) &&
    !plural &&
    GENERAL.test(text)
  ) {
    return { type: 'diagnose', scope };
  }
  return undefined;
}

function aboutKinds(question: Question, text: string): Intent | undefined {
  const { kinds, scope, name, words, plural } = question;
  const kind = kinds[0];
  if (kind === undefined || words.length > 1 || BEYOND.test(text)) return undefined;
  const count = COUNT.test(text);
  if (name !== undefined && !count && (!plural || /^(is|are)\b|\bstatus of\b/.test(text))) {
    return { type: 'status', object: { kind, name }, scope };
  }
  const asked = plural || count || LIST_VERB.test(text) || text.split(' ').length <= 4;
  if (!asked) return undefined;
  const filter = filterOf(text, kinds);
  return {
    type: 'list',
    kinds,
    scope,
    count,
    ...(filter === undefined ? {} : { filter }),
    ...(name === undefined ? {} : { name }),
  };
}

function filterOf(text: string, kinds: Kind[]): Filter | undefined {
  if (/\bpending\b/.test(text)) return 'pending';
  if (/\bterminating\b/.test(text)) return 'terminating';
  if (/\b(completed|succeeded|finished)\b/.test(text)) return 'completed';
  if (TROUBLE.test(text)) return 'trouble';
  return /\brunning\b/.test(text) && kinds.every((kind) => kind.plural === 'pods')
    ? 'running'
    : undefined;
}

function aboutNothingNamed(question: Question, text: string): Intent | undefined {
  const { scope, words, name } = question;
  if (
    words.length === 0 &&
    scope.namespace !== undefined &&
    /\b(what|show|list|everything|all)\b/.test(text) &&
    !/\brunning\b/.test(text)
  ) {
    const everything = ['pods', 'deployments', 'services'].flatMap(
      (plural) => findKinds(plural).kinds,
    );
    return { type: 'list', kinds: everything, scope, count: false };
  }
  if (words.length === 0 && /\bwhat('s| is| are)?\b.*\b(running|deployed)\b/.test(text)) {
    return { type: 'list', kinds: findKinds('pods').kinds, scope, count: false };
  }
  if (
    name !== undefined &&
    /^(is|are|was)\b|\bstatus\b|\bstate of\b/.test(text) &&
    !BEYOND.test(text)
  ) {
    return { type: 'status', object: { name }, scope };
  }
  if (!/^(list|show|get|describe|how many|count)\b/.test(text) || /\b(a|an)\b/.test(text))
    return undefined;
  const passed = passThroughKind(question);
  if (passed === undefined || BEYOND.test(text)) return undefined;
  if (passed.name !== undefined && COUNT.test(text)) return undefined;
  if (passed.name !== undefined)
    return { type: 'status', object: { kind: passed.kind, name: passed.name }, scope };
  return { type: 'list', kinds: [passed.kind], scope, count: COUNT.test(text) };
}
