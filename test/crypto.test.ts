// Secrets at rest: what goes in comes out, and nothing else opens it.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt, fingerprint, randomToken, sha256 } from '../src/crypto.ts';

const KEY = randomBytes(32);
const CONTEXT = 'integracao:7:senha';
const text = 'segredo “com” acentos ✓';

describe('a secret', () => {
  it('comes back as it went in, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, context) => {
        const stored = encrypt(KEY, context, Buffer.from(bytes));
        expect(decrypt(KEY, context, stored).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
    expect(decrypt(KEY, CONTEXT, encrypt(KEY, CONTEXT, text)).toString()).toBe(text);
  });

  it('looks different every time it is stored, and shows nothing of itself', () => {
    const [one, two] = [encrypt(KEY, CONTEXT, text), encrypt(KEY, CONTEXT, text)];
    expect(one.equals(two)).toBe(false);
    expect(one.subarray(0, 12).equals(two.subarray(0, 12))).toBe(false);
    expect(one.includes('segredo')).toBe(false);
  });

  it('is opened by no other key', () => {
    expect(() => decrypt(randomBytes(32), CONTEXT, encrypt(KEY, CONTEXT, text))).toThrow();
  });

  it('is opened in no other place: copied to another row it is useless', () => {
    expect(() => decrypt(KEY, 'integracao:8:senha', encrypt(KEY, CONTEXT, text))).toThrow();
  });

  it('is not opened when a single bit has changed, anywhere', () => {
    const stored = encrypt(KEY, CONTEXT, text);
    for (let at = 0; at < stored.length; at += 1) {
      const touched = Buffer.from(stored);
      touched[at] = (touched[at] ?? 0) ^ 1;
      expect(() => decrypt(KEY, CONTEXT, touched)).toThrow();
    }
  });

  it.each([0, 1, 11, 12, 20, 27, 28])('cut to %i bytes does not open', (length) => {
    expect(() => decrypt(KEY, CONTEXT, encrypt(KEY, CONTEXT, text).subarray(0, length))).toThrow();
  });
});

describe('a fingerprint', () => {
  it('is 32 bytes, always the same for the same key and parts', () => {
    expect(fingerprint(KEY, 'identidade', 'x')).toHaveLength(32);
    expect(fingerprint(KEY, 'identidade', 'x').equals(fingerprint(KEY, 'identidade', 'x'))).toBe(true);
  });

  it.each<[string, string[], string[]]>([
    ['where one part ends and the next begins', ['ab', 'c'], ['a', 'bc']],
    ['an empty part', ['a', ''], ['a']],
    ['a part that looks like a length', ['1:a'], ['a']],
    ['the order', ['a', 'b'], ['b', 'a']],
    ['letters of more than one byte', ['é', 'x'], ['e', 'x']],
  ])('tells apart %s', (_, one, two) => {
    expect(fingerprint(KEY, ...one).equals(fingerprint(KEY, ...two))).toBe(false);
  });

  it('means nothing under another key', () => {
    expect(fingerprint(KEY, 'x').equals(fingerprint(randomBytes(32), 'x'))).toBe(false);
  });

  it('differs for any two lists of parts', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (one, two) => {
        const same = JSON.stringify(one) === JSON.stringify(two);
        expect(fingerprint(KEY, ...one).equals(fingerprint(KEY, ...two))).toBe(same);
      }),
    );
  });
});

it('sha256 is the known one (FIPS 180-4, “abc”)', () => {
  expect(sha256('abc').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

it('tokens are URL-safe, as long as asked and never the same', () => {
  const tokens = Array.from({ length: 200 }, () => randomToken(32));
  expect(new Set(tokens).size).toBe(200);
  for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/);
});
