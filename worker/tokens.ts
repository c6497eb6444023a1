// Signs and verifies the tokens of conversations: JWTs (RFC 7519) with HMAC-SHA256.

import { errors, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import { CREATION } from '../durable-objects/creation.ts';

const ISSUER = 'isochron';
const ALGORITHM = 'HS256';

/** Where an object can be asked to live (Cloudflare, Durable Objects data location). */
export const LOCATION_HINT = v.picklist([
  'wnam',
  'enam',
  'sam',
  'weur',
  'eeur',
  'apac',
  'oc',
  'afr',
  'me',
]);

const CLAIMS = v.object({
  /** The one conversation that the token is for. */
  conversation: v.pipe(v.string(), v.maxLength(100)),
  /** `talk` opens its socket; `observe` reads its state; `recording` reads its recording; `admin` may do all but talk. */
  scope: v.picklist(['talk', 'observe', 'recording', 'admin']),
  /** What the conversation is made from; null in a token that does not open its socket. */
  creation: v.nullable(CREATION),
  /** Where the object is to live, when not where its caller is. */
  locationHint: v.nullable(LOCATION_HINT),
  /** Set in a resume token: when it was made. */
  resumeIssuedMs: v.nullable(v.number()),
  expiresMs: v.number(),
});

/** What a token says. */
export type TokenClaims = v.InferOutput<typeof CLAIMS>;
export type TokenScope = TokenClaims['scope'];

/** Outcome of verifying a token. */
export type Verified =
  | { readonly kind: 'valid'; readonly claims: TokenClaims }
  | { readonly kind: 'expired' }
  | { readonly kind: 'invalid' };

/** Signs the claims; the token expires with the second that holds `expiresMs` (RFC 7519 §4.1.4 counts in seconds). */
export function signToken(claims: TokenClaims, key: Uint8Array): Promise<string> {
  const { expiresMs, ...payload } = claims;
  return new SignJWT(payload)
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setExpirationTime(Math.ceil(expiresMs / 1000))
    .sign(key);
}

/** Verifies signature, issuer, expiry and shape. Never throws for a bad token. */
export async function verifyToken(
  token: string,
  key: Uint8Array,
  nowMs: number,
): Promise<Verified> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      requiredClaims: ['exp'],
      currentDate: new Date(nowMs),
    });
    const claims = v.safeParse(CLAIMS, { ...payload, expiresMs: Number(payload.exp) * 1000 });
    return claims.success ? { kind: 'valid', claims: claims.output } : { kind: 'invalid' };
  } catch (fault) {
    if (fault instanceof errors.JWTExpired) return { kind: 'expired' };
    if (fault instanceof errors.JOSEError || fault instanceof TypeError) return { kind: 'invalid' };
    throw fault;
  }
}
