// What every answer carries and every request must respect: content policy, caching, and HTTPS except at loopback.
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Config } from '../config.ts';
import { Problem } from '../problem.ts';

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;
const LOOPBACK_ADDRESS = /^(127\.|::1$|::ffff:127\.)/;

/** Headers for every answer. Only IXC's own pages may frame us; no inline script or style runs. */
export const securityHeaders = (config: Config): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'self'", ...config.ixcOrigins],
      },
    },
    // frame-ancestors says it; X-Frame-Options cannot name an origin.
    xFrameOptions: false,
    referrerPolicy: { policy: 'no-referrer' },
    // We share IXC's host: its HSTS and opener policies are IXC's to decide.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
  });

/** Personal data must not stay in a browser or proxy cache. */
export const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/**
 * Plain HTTP is served only at a loopback address. X-Forwarded-Proto and X-Forwarded-For count only from a proxy on
 * this machine (Express's `trust proxy: loopback`).
 */
export const requireHttps: RequestHandler = (req, _res, next) => {
  const local = LOOPBACK_HOST.test(req.get('host') ?? '') && LOOPBACK_HOST.test(req.host);
  if (req.secure || (local && LOOPBACK_ADDRESS.test(req.ip ?? ''))) return next();
  throw new Problem(
    403,
    'Esta página só pode ser aberta por HTTPS.',
    'Abra o IXC por https://. Se já abriu, o proxy precisa enviar X-Forwarded-Proto: https.',
  );
};
