// The webhook: one signed POST, https or a listed loopback address, no redirects, one deadline for all of it.
import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { bareHost, portOf } from '../../teleclinica/endereco.ts';
import { guardedLookup } from '../../teleclinica/rede.ts';
import { checkWebhook, codeOf, describeFalha, type Entrega } from './destino.ts';

export interface Webhook {
  url: string;
  segredo: string;
}

/** What goes out: the JSON text, and the id under which the receiver recognises a repetition. */
export interface Corpo {
  id: string;
  texto: string;
}

export interface Envio {
  hosts: readonly string[];
  prazoMs: number;
}

/** Sends `corpo`; 2xx is a delivery, anything else a failure in words. Never throws for what the network does. */
export async function sendWebhook(
  { url, segredo }: Webhook,
  corpo: Corpo,
  { hosts, prazoMs }: Envio,
): Promise<Entrega> {
  const refusal = checkWebhook(url, hosts);
  if (refusal !== undefined) return { ok: false, mensagem: refusal };
  const target = new URL(url);
  try {
    const status = await post(target, corpo, sign(segredo, corpo.texto, Date.now()), { hosts, prazoMs });
    return judge(status, target.host);
  } catch (error) {
    return { ok: false, mensagem: describeFalha(codeOf(error), target.host) };
  }
}

/**
 * The signature header: `t=<seconds since 1970>,v1=<hex HMAC-SHA-256 of "<t>.<body>">`. The receiver recomputes it over
 * the exact bytes and refuses an old `t`.
 */
export function sign(segredo: string, texto: string, nowMs: number): string {
  const t = Math.floor(nowMs / 1000);
  return `t=${t},v1=${createHmac('sha256', segredo).update(`${t}.${texto}`).digest('hex')}`;
}

function post(target: URL, corpo: Corpo, assinatura: string, { hosts, prazoMs }: Envio): Promise<number> {
  const body = Buffer.from(corpo.texto, 'utf8');
  return new Promise((resolve, reject) => {
    const request = (target.protocol === 'https:' ? https : http).request(target, {
      method: 'POST',
      agent: false,
      hostname: bareHost(target),
      lookup: guardedLookup(portOf(target), hosts),
      signal: AbortSignal.timeout(prazoMs),
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': body.length,
        'User-Agent': 'tele-clinica-ixc',
        'X-Tele-Clinica-Entrega': corpo.id,
        'X-Tele-Clinica-Assinatura': assinatura,
      },
    });
    request.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      // The status says it all; whatever else the receiver writes is not waited for.
      response.on('error', () => undefined).destroy();
    });
    request.on('error', reject);
    request.end(body);
  });
}

function judge(status: number, host: string): Entrega {
  if (status >= 200 && status < 300) return { ok: true, mensagem: `${host} recebeu (HTTP ${status}).` };
  if (status >= 300 && status < 400) {
    return {
      ok: false,
      mensagem: `${host} mandou seguir para outro endereço (HTTP ${status}); não seguimos.`,
    };
  }
  return { ok: false, mensagem: `${host} recusou o aviso (HTTP ${status}).` };
}
