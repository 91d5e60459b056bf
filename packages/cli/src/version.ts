/** What this build is. */
export const VERSION = '0.1.0';
export const GIT_COMMIT = 'dev';
export const BUILD_DATE = 'unknown';
