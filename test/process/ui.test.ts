/** The web UI as people use it: a real browser on the built page, served by the embedded platform. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { launchChromium } from '../testing/chromium.ts';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { agentManifest, startModel } from '../testing/scripted-model.ts';

const BUILT = resolve(import.meta.dirname, '../../packages/ui/dist/index.html');

let platform: TestPlatform;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(BUILT)) throw new Error('the UI is not built: run `node scripts/setup.mjs test`');
  [platform, browser] = await Promise.all([startTestPlatform(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

interface Visit {
  page: Page;
  /** Requests to any other server. */
  foreign: string[];
  /** What the browser complained about. */
  complaints: string[];
}

/** A browser of its own, on the first page. */
async function visit(options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ baseURL: platform.urls.ui, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(platform.urls.ui)) foreign.push(request.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto('/');
  return { page, foreign, complaints };
}

async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(question);
  await page.keyboard.press('Enter');
}

/** An agent whose model answers what the test decides. */
async function addAgent(name: string, answer: () => Promise<string>): Promise<void> {
  const model = await startModel(async () => ({ text: await answer() }));
  onTestFinished(() => model.stop());
  const manifest = model.manifest(name) + agentManifest(name, { modelConfig: name });
  await platform.kubectl.apply(manifest);
  await platform.agentReady(name);
}

describe('web UI', () => {
  it('answers a question about the cluster, and shows the same conversation after a reload', async () => {
    const { page, foreign, complaints } = await visit();
    const card = page.getByRole('link', { name: 'k8s-agent' });
    await card.getByText('Ready', { exact: true }).waitFor();
    await card.click();
    await ask(page, 'List all namespaces');

    const answer = page.getByRole('article', { name: 'Answer' });
    await answer.getByText('kube-system').first().waitFor();
    // emphasis is there once Markdown is drawn
    const notice = answer.locator('em').getByText('rules, not a language model');
    await notice.waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
    expect(await page.title()).toBe('k8s-agent · kagent');
    const call = page.getByText('k8s_get_resources(');
    await call.click();
    await page.getByRole('region', { name: 'Result' }).getByText('kube-system').waitFor();
    await call.click();
    const log = page.getByRole('log');
    const seen = await log.innerText();

    await page.reload();
    await notice.waitFor();
    expect(await log.innerText()).toBe(seen);
    expect(
      await page.getByRole('link', { name: 'List all namespaces' }).getAttribute('aria-current'),
    ).toBe('page');
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] });
  });

  it('goes on with a run that was still working when the page was closed', async () => {
    const released = Promise.withResolvers<string>();
    await addAgent('slow-agent', () => released.promise);
    const { page } = await visit();
    await page.getByRole('link', { name: 'slow-agent' }).click();
    await ask(page, 'Are you there?');
    await page.getByText('Working…').waitFor();
    await page.waitForURL('**/chats/*');
    await page.reload();
    await page.getByText('Working…').waitFor();
    released.resolve('I was never away.');
    await page.getByRole('article', { name: 'Answer' }).getByText('I was never away.').waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
    expect(await page.getByRole('article', { name: 'You' }).allInnerTexts()).toEqual([
      'Are you there?',
    ]);
  });

  it('asks no other server, whatever an answer contains', async () => {
    const picture = 'https://elsewhere.example/pixel.png?secret=1';
    await addAgent(
      'talkative-agent',
      async () => `![a picture](${picture}) <img src="${picture}"> Done.`,
    );
    const { page, foreign } = await visit();
    await page.getByRole('link', { name: 'talkative-agent' }).click();
    await ask(page, 'Show me');
    await page.getByText('a picture').waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    // and if the page did ask, the browser would refuse
    const refused = await page.evaluate(
      (url) =>
        fetch(url).then(
          () => 'answered',
          () => 'refused',
        ),
      'https://elsewhere.example/',
    );
    expect(refused).toBe('refused');
    expect(foreign).toEqual([]);
  });

  it('can be used on a phone and without a mouse', async () => {
    await addAgent(
      'phone-agent',
      async () => `${'long '.repeat(50)}| a | b |\n|---|---|\n| ${'wide'.repeat(40)} | 2 |`,
    );
    const { page } = await visit({ viewport: { width: 390, height: 780 }, colorScheme: 'dark' });
    await page.getByRole('link', { name: 'phone-agent' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await page.keyboard.type('Hello');
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: 'Answer' }).waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);

    await page.getByRole('button', { name: 'Chats' }).focus();
    await page.keyboard.press('Enter');
    const chats = page.getByRole('dialog', { name: 'Chats' });
    await chats.getByRole('link', { name: 'Hello' }).waitFor();
    await page.keyboard.press('Escape');
    await chats.waitFor({ state: 'hidden' });
    await page.keyboard.press('Enter');
    await chats.getByRole('link', { name: 'New chat' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Ask something').waitFor();
    expect(await page.getByRole('article').count()).toBe(0);
  });
});
