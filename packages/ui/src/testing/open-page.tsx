/** The whole page of one test in a DOM: on a fake server, at an address, looked at as a person does. */
import { createMemoryHistory } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { expect, onTestFinished } from 'vitest';
import { App } from '../app.tsx';
import { createHttp } from '../http.ts';
import type { FakeServer } from './fake-server.ts';
import { createWaits } from './waits.ts';

type Role = 'link' | 'button' | 'article' | 'alert' | 'log';

const SELECTORS: Record<Role, string> = {
  link: 'a[href]',
  button: 'button',
  article: 'article',
  alert: '[role=alert]',
  log: '[role=log]',
};

export interface TestPage {
  /** Path of the address. */
  address(): string;
  text(): string;
  /** Elements of a role whose accessible name (label, else text) contains the name. */
  all(role: Role, name?: string): HTMLElement[];
  /** Waits for the first of them. */
  find(role: Role, name?: string): Promise<HTMLElement>;
  click(role: Role, name: string): Promise<void>;
  /** Writes into the message field and presses Enter. */
  say(text: string): Promise<void>;
  field(): HTMLTextAreaElement;
  /** Waits until the page contains the text. */
  shows(text: string): Promise<void>;
  /** Waits until it does not. */
  hides(text: string): Promise<void>;
  /** Ends the waits between tries. */
  passTime(): void;
  goBack(): void;
  unmount(): void;
}

const POLL = { interval: 5, timeout: 3_000 };

export function openPage(server: FakeServer, address: string): TestPage {
  const history = createMemoryHistory({ initialEntries: [address] });
  const waits = createWaits();
  let ids = 0;
  const services = {
    http: createHttp(server.fetch),
    wait: waits.wait,
    randomId: () => `id-${(ids += 1)}`,
  };
  const container = document.body.appendChild(document.createElement('div'));
  const root = createRoot(container);
  root.render(<App services={services} history={history} />);
  onTestFinished(() => {
    root.unmount();
    container.remove();
    history.destroy();
  });

  const text = () => container.textContent ?? '';
  const all = (role: Role, name = '') =>
    [...container.querySelectorAll<HTMLElement>(SELECTORS[role])].filter((element) =>
      (element.getAttribute('aria-label') ?? element.textContent ?? '').includes(name),
    );
  const field = () => {
    const element = container.querySelector('textarea');
    if (!element) throw new Error('there is no message field');
    return element;
  };
  const page: TestPage = {
    address: () => history.location.pathname,
    text,
    all,
    async find(role, name) {
      await expect.poll(() => all(role, name).length, POLL).toBeGreaterThan(0);
      const [element] = all(role, name);
      if (!element) throw new Error(`there is no ${role} ${name}`);
      return element;
    },
    async click(role, name) {
      (await page.find(role, name)).click();
    },
    async say(message) {
      await page.find('button', 'Send');
      write(field(), message);
      await expect.poll(() => field().value, POLL).toBe(message);
      const enter = { key: 'Enter', bubbles: true, cancelable: true };
      field().dispatchEvent(new KeyboardEvent('keydown', enter));
    },
    field,
    shows: (expected) => expect.poll(text, POLL).toContain(expected),
    hides: (expected) => expect.poll(text, POLL).not.toContain(expected),
    passTime: waits.end,
    goBack: () => history.back(),
    unmount: () => root.unmount(),
  };
  return page;
}

/** As typing does: React listens to the setter of the prototype only through the event. */
function write(element: HTMLTextAreaElement, value: string): void {
  const setter = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set;
  setter?.call(element, value);
  element.dispatchEvent(new Event('input', { bubbles: true }));
}
