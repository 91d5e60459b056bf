// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeServer } from '../testing/fake-server.ts';
import { openPage } from '../testing/open-page.tsx';
import { applyTheme, storedTheme } from './theme.ts';

describe('theme button', () => {
  afterEach(() => {
    localStorage.clear();
    applyTheme('system');
  });

  it('steps through system, light and dark, and is remembered', async () => {
    const page = openPage(createFakeServer(), '/');
    await page.click('button', 'Theme: system. Switch to light.');
    await page.click('button', 'Theme: light. Switch to dark.');
    await page.find('button', 'Theme: dark. Switch to system.');
    expect(document.documentElement.dataset['theme']).toBe('dark');
    expect(storedTheme()).toBe('dark');
    await page.click('button', 'Theme: dark');
    await page.find('button', 'Theme: system');
    expect(document.documentElement.dataset['theme']).toBeUndefined();
  });

  it('follows the system when something unknown was remembered', () => {
    localStorage.setItem('kagent-theme', 'sepia');
    expect(storedTheme()).toBe('system');
  });
});
