/** OpenID discovery: what others need to verify service account tokens without asking this server for each of them. */
import type { ApiRequest, ApiResponse } from './request.ts';
import type { PublicJwk } from './token-signer.ts';

const CONFIGURATION = '/.well-known/openid-configuration';
const KEYS = '/openid/v1/jwks';
/** As long as a real API server lets answers be kept. */
const HEADERS = { 'cache-control': 'public, max-age=3600' };

/**
 * Answers `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0, as far as verifying needs it) and
 * `/openid/v1/jwks` (RFC 7517); undefined for other paths.
 */
export function discoverIssuer(
  { path, headers }: ApiRequest,
  { issuer, jwk }: { issuer: string; jwk: PublicJwk },
): ApiResponse | undefined {
  switch (path.replace(/\/$/, '')) {
    case CONFIGURATION: {
      // Under the name it was reached by: the cluster's own name is known to pods alone.
      const { host } = headers;
      const base = host === undefined ? issuer : `https://${host}`;
      return {
        kind: 'json',
        status: 200,
        headers: HEADERS,
        body: {
          issuer,
          jwks_uri: `${base}${KEYS}`,
          response_types_supported: ['id_token'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: [jwk.alg],
        },
      };
    }
    case KEYS:
      return {
        kind: 'json',
        status: 200,
        headers: { ...HEADERS, 'content-type': 'application/jwk-set+json' },
        body: { keys: [jwk] },
      };
    default:
      return undefined;
  }
}
