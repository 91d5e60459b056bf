// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { agentItem, createFakeServer } from '../../testing/fake-server.ts';
import { openPage } from '../../testing/open-page.tsx';

describe('agents page', () => {
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
});
