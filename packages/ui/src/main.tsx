/** Entry of the single-page app: the real network, clock and randomness. */
import './without-eval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyTheme, storedTheme } from './components/theme.ts';
import { createHttp } from './http.ts';
import type { Services } from './services.tsx';
import './styles.css';

const services: Services = {
  http: createHttp((input, init) => fetch(input, init)),
  wait: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }, milliseconds);
      signal.addEventListener('abort', onAbort, { once: true });
    }),
  // `crypto.randomUUID` is missing on plain-HTTP pages that are not on localhost
  randomId: () =>
    [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join(''),
};

applyTheme(storedTheme());
const root = document.querySelector('#root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App services={services} />
    </StrictMode>,
  );
}
