// @vitest-environment happy-dom
import type { RunEventDraft } from '@kagent/spec';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { agentItem, createFakeServer, type FakeServer } from '../../testing/fake-server.ts';
import { openPage, type TestPage } from '../../testing/open-page.tsx';
import { loadMarkdown } from './entry-view.tsx';

const NEW_CHAT = '/agents/kagent/k8s-agent';
const POLL = { interval: 5, timeout: 3_000 };

const toolCall = (output: string, isError = false): RunEventDraft[] => [
  {
    type: 'model-completed',
    turn: 1,
    parts: [
      { type: 'tool-call', callId: 'a', name: 'k8s_get_resources', args: { kind: 'namespaces' } },
    ],
    finishReason: 'tool-calls',
    durationMs: 1,
  },
  {
    type: 'tool-requested',
    turn: 1,
    callId: 'a',
    name: 'k8s_get_resources',
    args: {},
    repeatable: true,
  },
  {
    type: 'tool-completed',
    turn: 1,
    callId: 'a',
    name: 'k8s_get_resources',
    result: { content: [{ type: 'text', text: output }], isError },
    durationMs: 1,
  },
];
const answer = (text: string): RunEventDraft[] => [
  {
    type: 'model-completed',
    turn: 2,
    parts: [{ type: 'text', text }],
    finishReason: 'stop',
    durationMs: 1,
  },
  { type: 'run-ended', state: 'completed' },
];

/** Sends a message and waits until it has arrived. */
async function ask(page: TestPage, server: FakeServer, text: string): Promise<void> {
  const before = server.runs.length;
  await page.say(text);
  await expect.poll(() => server.runs.length, POLL).toBe(before + 1);
}

beforeAll(async () => {
  await loadMarkdown();
});

describe('chat page', () => {
  it('asks, shows the tool call and the answer, and the same after a reload', async () => {
    const server = createFakeServer();
    const page = openPage(server, NEW_CHAT);
    await ask(page, server, 'List all namespaces');
    server.latest().add(...toolCall('NAME\nkube-system'));
    await page.shows('k8s_get_resources(kind: namespaces)');
    server.latest().add(...answer('There is **kube-system**.'));
    await page.shows('There is kube-system.');
    const [log] = page.all('log');
    const seen = log?.textContent;
    const address = page.address();
    page.unmount();
    const again = openPage(server, address);
    await again.shows('There is kube-system.');
    expect(again.all('log')[0]?.textContent).toBe(seen);
  });

  it('takes the address of its session with the first message, and the list shows where one is', async () => {
    const server = createFakeServer();
    server.seed('chat-old', 'Older question', ...answer('Older answer'));
    const page = openPage(server, NEW_CHAT);
    await ask(page, server, 'List all namespaces');
    const [session] = server.sessions;
    await expect.poll(page.address, POLL).toBe(`${NEW_CHAT}/chats/${session?.id}`);
    const link = await page.find('link', 'List all namespaces');
    await expect.poll(() => link.getAttribute('aria-current'), POLL).toBe('page');
    // the running stream was not started over
    server.latest().add(...answer('Four.'));
    await page.shows('Four.');
    expect(server.calls.filter((call) => call.startsWith('rpc'))).toEqual(['rpc message/stream']);
  });

  it('leaves no empty chat behind in the history of the browser', async () => {
    const server = createFakeServer();
    const page = openPage(server, '/');
    await page.click('link', 'k8s-agent');
    await ask(page, server, 'List all namespaces');
    await expect.poll(page.address, POLL).toContain('/chats/');
    page.goBack();
    await expect.poll(page.address, POLL).toBe('/');
  });

  it('starts a new chat, and goes back to the one before', async () => {
    const server = createFakeServer();
    const page = openPage(server, NEW_CHAT);
    await ask(page, server, 'First question');
    server.latest().add(...answer('First answer'));
    await page.shows('First answer');
    await page.click('link', 'New chat');
    await page.hides('First answer');
    expect(page.address()).toBe(NEW_CHAT);
    await ask(page, server, 'Second question');
    expect(new Set(server.runs.map((run) => run.sessionId)).size).toBe(2);
    await page.click('link', 'First question');
    await page.shows('First answer');
    expect(page.all('article', 'You').map((element) => element.textContent)).toEqual([
      'First question',
    ]);
  });

  it('leaves a run alone that is left, and shows it when one comes back', async () => {
    const server = createFakeServer();
    const page = openPage(server, NEW_CHAT);
    await ask(page, server, 'Long work');
    await page.shows('Working…');
    await page.click('link', 'New chat');
    await page.hides('Working…');
    server.latest().add(...answer('Long answer'));
    await page.click('link', 'Long work');
    await page.shows('Long answer');
    expect(server.calls).not.toContain('rpc tasks/cancel');
  });
});

describe('transcript on the chat page', () => {
  it('shows arguments and result of a tool call on demand, long ones in part', async () => {
    const server = createFakeServer();
    server.seed(
      'c',
      'Logs?',
      ...toolCall(`first line\n${'x'.repeat(30_000)}last`, true),
      ...answer('Done.'),
    );
    const page = openPage(server, `${NEW_CHAT}/chats/c`);
    await page.shows('failed');
    expect(page.text()).not.toContain('first line');
    const details = document.querySelector('details');
    if (details) details.open = true;
    details?.dispatchEvent(new Event('toggle'));
    await page.shows('first line');
    expect(page.text()).toContain('"kind": "namespaces"');
    expect(page.text()).not.toContain('last');
    await page.click('button', 'Show all 30,015 characters');
    await page.shows('last');
  });

  it('shows a failure in its words, and takes the next question', async () => {
    const server = createFakeServer();
    const page = openPage(server, NEW_CHAT);
    await ask(page, server, 'Well?');
    const error = { code: 'model_unauthorized', message: 'The provider refused the key.' };
    server.latest().add({ type: 'run-ended', state: 'failed', error });
    await page.shows('The provider refused the key.');
    await ask(page, server, 'And now?');
    server
      .latest()
      .add(
        { type: 'notice', code: 'tools_unavailable', message: 'helm is down' },
        ...answer('Fine.'),
      );
    await page.shows('Fine.');
    expect(page.text()).toContain('helm is down');
    expect(page.text().split('The provider refused the key.')).toHaveLength(2);
  });

  it('stops a run with the button that sends', async () => {
    const server = createFakeServer();
    const page = openPage(server, NEW_CHAT);
    await ask(page, server, 'Long work');
    await page.click('button', 'Stop');
    await page.shows('The run was canceled.');
    expect((await page.find('button', 'Send')).getAttribute('aria-disabled')).toBe('true');
  });

  it('offers a message again that was not sent', async () => {
    const server = createFakeServer();
    server.refusal = 'Agent kagent/k8s-agent is not ready.';
    const page = openPage(server, NEW_CHAT);
    await page.say('Well?');
    await page.shows('Not sent. Agent kagent/k8s-agent is not ready.');
    server.refusal = undefined;
    await page.click('button', 'Try again');
    await expect.poll(() => server.runs.length, POLL).toBe(1);
    server.latest().add(...answer('Yes.'));
    await page.shows('Yes.');
    expect(page.text()).not.toContain('Not sent');
  });
});

describe('frame of the chat page', () => {
  it('puts an example into the field, to be changed or sent', async () => {
    const server = createFakeServer();
    const page = openPage(server, NEW_CHAT);
    await page.click('button', 'List all namespaces');
    await expect.poll(() => page.field().value, POLL).toBe('List all namespaces');
    expect(document.activeElement).toBe(page.field());
    expect(server.runs).toHaveLength(0);
  });

  it('sends with Enter only, not within a composition and not with Shift', async () => {
    const server = createFakeServer();
    const page = openPage(server, NEW_CHAT);
    await page.click('button', 'List all namespaces');
    await expect.poll(() => page.field().value, POLL).not.toBe('');
    const press = (fields: KeyboardEventInit) =>
      page.field().dispatchEvent(
        new KeyboardEvent('keydown', {
          key: 'Enter',
          bubbles: true,
          cancelable: true,
          ...fields,
        }),
      );
    press({ shiftKey: true });
    press({ isComposing: true });
    expect(server.calls.some((call) => call.startsWith('POST'))).toBe(false);
    press({});
    await expect.poll(() => server.runs.length, POLL).toBe(1);
  });

  it('says why an agent is not ready, and when it has become ready', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const server = createFakeServer();
      const conditions = [
        { type: 'Accepted', status: 'False', message: 'ModelConfig nope does not exist' },
      ];
      const agent = {
        metadata: { name: 'k8s-agent', namespace: 'kagent' },
        status: { conditions },
      };
      server.agents = [agentItem('k8s-agent', { agent, deploymentReady: false })];
      const page = openPage(server, NEW_CHAT);
      await page.shows('ModelConfig nope does not exist');
      server.agents = [agentItem('k8s-agent')];
      vi.advanceTimersByTime(3_000);
      await page.hides('ModelConfig nope does not exist');
      expect(page.text()).toContain('Ready');
    } finally {
      vi.useRealTimers();
    }
  });

  it('knows when there is no such agent, or no such chat', async () => {
    await openPage(createFakeServer(), '/agents/kagent/nobody').shows(
      'There is no agent kagent/nobody.',
    );
    const page = openPage(createFakeServer(), `${NEW_CHAT}/chats/gone`);
    await page.shows('This chat is not there');
    expect(page.all('button', 'Send')).toHaveLength(0);
  });

  it('has the list of chats in a dialog as well, for narrow screens', async () => {
    const server = createFakeServer();
    server.seed('c', 'Older question', ...answer('Older answer'));
    const page = openPage(server, NEW_CHAT);
    await page.click('button', 'Chats');
    const dialog = document.querySelector('dialog');
    expect(dialog?.open).toBe(true);
    await expect.poll(() => dialog?.textContent, POLL).toContain('Older question');
    dialog?.querySelector<HTMLElement>('li a')?.click();
    await page.shows('Older answer');
    expect(dialog?.open).toBe(false);
  });
});
