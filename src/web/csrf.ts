// Refuses writes that did not start from one of our own pages (decisions 25).
import { timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { sha256 } from '../crypto.ts';
import { Problem } from '../problem.ts';
import type { Sessao } from './sessao.ts';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @throws Problem 403 for a write from another origin, or without the session's token. */
export function checkCsrf(req: Request, sessao: Sessao): void {
  if (READS.has(req.method)) return;
  if (isSameOrigin(req) && hasToken(req, sessao)) return;
  throw new Problem(
    403,
    'Este pedido não veio de uma página aberta nesta sessão.',
    'Nada foi alterado. Recarregue a página e tente de novo.',
    {},
    undefined,
    { retomavel: true },
  );
}

// Browsers send Sec-Fetch-Site only over HTTPS or loopback, but Origin with every write. A request with neither is no
// browser's, and no page can make one: it stands or falls with the token, which no other site can read.
function isSameOrigin(req: Request): boolean {
  const site = req.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = req.get('origin');
  return origin === undefined || origin === `${req.protocol}://${req.host}`;
}

function hasToken(req: Request, sessao: Sessao): boolean {
  // Hashing makes both sides equally long, which timingSafeEqual needs.
  return timingSafeEqual(sha256(req.get('x-csrf-token') ?? ''), sha256(sessao.csrf));
}
