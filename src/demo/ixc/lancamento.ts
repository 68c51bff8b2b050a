// Signs the one-minute token that tells the plugin who is looking, as the bridge inside IXC would.
import { KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { readManifest } from '../../manifest.ts';

export interface Lancamento {
  /** HS256's shared key, or an Ed25519 private one. */
  segredo: Buffer | KeyObject;
  /** Origin of the page that launches. */
  iss: string;
  operador: number;
  /** Where to land, without BASE_PATH. */
  path: string;
}

const { audience, typ, maxAgeSeconds } = readManifest().launch;

export const AUDIENCE = audience;

/** A compact JWT, good for a minute; `contrato` is claimed when the path is one contract's. */
export function signLancamento({ segredo, iss, operador, path }: Lancamento): Promise<string> {
  const contrato = /^\/contratos\/(\d+)(?:[/?]|$)/.exec(path)?.[1];
  return new SignJWT({ path, ...(contrato === undefined ? {} : { contrato: Number(contrato) }) })
    .setProtectedHeader({ alg: segredo instanceof KeyObject ? 'EdDSA' : 'HS256', typ })
    .setIssuer(iss)
    .setAudience(AUDIENCE)
    .setSubject(String(operador))
    .setIssuedAt()
    .setExpirationTime(`${maxAgeSeconds}s`)
    .setJti(randomUUID())
    .sign(segredo);
}
