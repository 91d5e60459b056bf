/** The whole page around its services. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type RouterHistory, RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { createAppRouter } from './router.tsx';
import { type Services, ServicesContext } from './services.tsx';

interface AppProps {
  services: Services;
  /** Left out: the browser's. */
  history?: RouterHistory;
}

export function App({ services, history }: AppProps) {
  const [router] = useState(() => createAppRouter(history));
  const [queryClient] = useState(
    () =>
      new QueryClient({
        // everything is asked again within seconds, and the server may well be on a machine without a network
        defaultOptions: { queries: { retry: false, networkMode: 'always' } },
      }),
  );
  return (
    <ServicesContext value={services}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ServicesContext>
  );
}
