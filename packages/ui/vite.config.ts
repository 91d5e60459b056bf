import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const api = process.env['KAGENT_URL'] ?? 'http://127.0.0.1:8083';

const POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

/** The built page talks to its own server and to nobody else, whatever an answer contains. */
const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
      injectTo: 'head-prepend',
    },
  ],
};

export default defineConfig({
  plugins: [react(), tailwindcss(), contentSecurityPolicy],
  build: {
    target: 'es2024',
    chunkSizeWarningLimit: 1200,
    // contracts do nothing when they are loaded: what the page does not use stays out of it
    rolldownOptions: {
      treeshake: { moduleSideEffects: [{ test: /packages\/spec\//, sideEffects: false }] },
    },
  },
  server: { proxy: { '/api': api, '/version': api } },
});
