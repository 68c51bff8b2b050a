// Secrets at rest (AES-256-GCM) and keyed fingerprints (HMAC-SHA-256): nothing personal is stored in the clear.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts `text` for storage: random 96-bit IV ‖ tag ‖ ciphertext. `context` (e.g. `integracao:7:senha`) is
 * authenticated, so a value copied to another row does not decrypt (NIST SP 800-38D).
 */
export function encrypt(key: Buffer, context: string, text: string | Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

/** The inverse of `encrypt`. @throws when key, context or content do not match. */
export function decrypt(key: Buffer, context: string, stored: Buffer): Buffer {
  const iv = stored.subarray(0, IV_BYTES);
  const tag = stored.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
  return Buffer.concat([decipher.update(stored.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}

/** HMAC-SHA-256 of the parts, each length-prefixed so that ("ab","c") and ("a","bc") differ. 32 bytes. */
export function fingerprint(key: Buffer, ...parts: string[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
  return hmac.digest();
}

/** SHA-256, for values that are random already (session ids, token ids). */
export const sha256 = (value: string | Buffer): Buffer => createHash('sha256').update(value).digest();

/** `bytes` of randomness as URL-safe text. */
export const randomToken = (bytes: number): string => randomBytes(bytes).toString('base64url');
