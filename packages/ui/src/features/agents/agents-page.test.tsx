// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest';
import { agentItem, createFakeServer } from '../../testing/fake-server.ts';
import { openPage } from '../../testing/open-page.tsx';
import { type AgentItem, agentState } from './api.ts';

describe('agents page', () => {
  afterEach(() => void vi.useRealTimers());

  it('shows each agent with its state, model and a way to its chat', async () => {
    const server = createFakeServer();
    server.agents = [agentItem('k8s-agent', { model: 'kagent-demo' }), agentItem('helm-agent')];
    const page = openPage(server, '/');
    const demo = await page.find('link', 'k8s-agent');
    expect(demo.textContent).toContain('Ready');
    expect(demo.textContent).toContain('demo model: rules, no LLM');
    expect(demo.getAttribute('href')).toBe('/agents/kagent/k8s-agent');
    expect((await page.find('link', 'helm-agent')).textContent).toContain('OpenAI gpt-test');
  });

  it('says what to do when there is no agent', async () => {
    const server = createFakeServer();
    server.agents = [];
    const page = openPage(server, '/');
    await page.shows('kubectl apply -f agent.yaml');
    expect(page.all('alert')).toEqual([]);
  });

  it('says when the server is away, and goes on by itself once it is back', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const server = createFakeServer();
    server.isUp = false;
    const page = openPage(server, '/');
    expect((await page.find('alert')).textContent).toContain('kagent does not answer');
    server.isUp = true;
    vi.advanceTimersByTime(3_000);
    await page.find('link', 'k8s-agent');
    await page.hides('does not answer');
  });

  it('keeps the last known agents on the page while the server is away', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const server = createFakeServer();
    const page = openPage(server, '/');
    await page.find('link', 'k8s-agent');
    server.isUp = false;
    vi.advanceTimersByTime(3_000);
    await page.find('alert');
    expect(page.all('link', 'k8s-agent')).toHaveLength(1);
  });

  it('shows an error of the server in its words, and an unknown answer in ours', async () => {
    const denied = { error: 'agents is forbidden' };
    const answers = [new Response(JSON.stringify(denied), { status: 403 }), new Response('<html>')];
    for (const [index, expected] of ['agents is forbidden', 'does not understand'].entries()) {
      const server = createFakeServer();
      const answer = answers[index];
      server.fetch = async () => answer?.clone() ?? Response.error();
      expect((await openPage(server, '/').find('alert')).textContent).toContain(expected);
    }
  });

  it('has a page for addresses that lead nowhere', async () => {
    const page = openPage(createFakeServer(), '/nowhere');
    await page.shows('There is no such page.');
    expect((await page.find('link', 'All agents')).getAttribute('href')).toBe('/');
  });
});

describe('agentState', () => {
  const item = (conditions: object[], deploymentReady = false): AgentItem => ({
    id: 'kagent__NS__a',
    agent: {
      metadata: { name: 'a', namespace: 'kagent' },
      status: {
        conditions: conditions.map((condition) => ({ type: '', status: '', ...condition })),
      },
    },
    deploymentReady,
  });
  const accepted = { type: 'Accepted', status: 'True' };

  it.each([
    [
      'Not accepted',
      'bad',
      'no such model',
      item([{ type: 'Accepted', status: 'False', message: 'no such model' }]),
    ],
    [
      'Not accepted',
      'bad',
      'Refused',
      item([{ type: 'Accepted', status: 'False', reason: 'Refused' }]),
    ],
    ['Starting', 'warn', 'Waiting for the controller.', item([])],
    [
      'Starting',
      'warn',
      'no Deployment',
      item([accepted, { type: 'Ready', status: 'Unknown', message: 'no Deployment' }]),
    ],
    [
      'Not ready',
      'warn',
      '0/1 pods',
      item([accepted, { type: 'Ready', status: 'False', message: '0/1 pods' }]),
    ],
    ['Ready', 'good', '', item([accepted], true)],
    [
      'Ready',
      'good',
      'Some tools are missing. helm is down',
      item([accepted, { type: 'ToolsReady', status: 'False', message: 'helm is down' }], true),
    ],
  ])('is %s (%s) because: %s', (...[label, tone, detail, agent]) => {
    expect(agentState(agent)).toEqual({ label, tone, detail });
  });
});
