// What may go wrong before an answer arrives: the guard on resolved addresses and the words for each network failure.
import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isAllowedAddress } from './endereco.ts';

/** Code of the error of a look-up that led to an address nobody may reach through us. */
export const REFUSED_ADDRESS = 'ENDERECO_PRIVADO';

export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for sockets that fails when the name leads to a private address that is not in `hosts`. The address judged is
 * the address connected to, so a name that changes its mind between two look-ups gains nothing.
 */
export function guardedLookup(
  port: string,
  hosts: readonly string[],
  resolve: Resolve = systemLookup,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const first = addresses?.[0];
      if (error || !first) return callback(error ?? withCode('ENOTFOUND'), []);
      const name = hostname.toLowerCase();
      if (addresses.some(({ address }) => !isAllowedAddress(name, address, port, hosts))) {
        return callback(withCode(REFUSED_ADDRESS), []);
      }
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

/** The sentence for a failed exchange, from the error's code. `host` is shown; nothing else of the request is. */
export function describeFailure(code: string | undefined, host: string, timeoutMs: number): string {
  if (code === 'ERR_CANCELED') return `A Tele Clínica não respondeu por completo em ${seconds(timeoutMs)}.`;
  if (code === REFUSED_ADDRESS) {
    return `O nome ${host} leva a um endereço de rede interna, que não está liberado em TELECLINICA_HOSTS.`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `O nome ${host} não foi encontrado no DNS.`;
  if (code === 'ECONNREFUSED') return `O servidor ${host} recusou a conexão.`;
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return `Não há rota de rede até ${host}.`;
  const tls = code === undefined ? undefined : describeTls(code);
  if (tls !== undefined) return `Conexão segura com ${host} recusada: ${tls}.`;
  return `A conexão com ${host} caiu antes da resposta completa.`;
}

// Undefined when the failure is not one of certificate or handshake.
function describeTls(code: string): string | undefined {
  if (code === 'CERT_HAS_EXPIRED') return 'o certificado está vencido';
  if (code === 'CERT_NOT_YET_VALID') return 'o certificado ainda não vale; confira o relógio deste servidor';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'o certificado é de outro nome';
  if (/SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|^CERT_/.test(code)) {
    return 'o certificado não é de uma autoridade confiável';
  }
  if (/^(EPROTO|ERR_SSL|ERR_TLS)/.test(code)) return 'o servidor não fala TLS 1.2 ou mais novo';
  return undefined;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toLocaleString('pt-BR', { maximumFractionDigits: 1 })} s`;
}

function withCode(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
