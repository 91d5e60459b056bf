import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const api = process.env['KAGENT_URL'] ?? 'http://127.0.0.1:8083';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: { target: 'es2024', chunkSizeWarningLimit: 1200 },
  server: { proxy: { '/api': api, '/version': api } },
});
