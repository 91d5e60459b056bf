/**
 * Loaded before everything else for its effect: zod must not compile its checks with `new Function`, which the page's
 * content security policy forbids. It decides when a schema is made, that is, when a module that has one is loaded.
 */
import { z } from 'zod';

z.config({ jitless: true });
