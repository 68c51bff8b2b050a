// Where notifications may be sent, and the words for what the network does on the way.
import { isIP } from 'node:net';
import { bareHost, isAllowedAddress, isLoopback, portOf } from '../../teleclinica/endereco.ts';
import { REFUSED_ADDRESS } from '../../teleclinica/rede.ts';

/** How one delivery ended, in words for people. */
export interface Entrega {
  ok: boolean;
  mensagem: string;
}

const CONTROL = /\p{Cc}/u;
const NOT_LISTED = (host: string): string =>
  `O endereço ${host} é de rede interna e não está liberado. Peça ao técnico para incluí-lo em AVISOS_HOSTS.`;

/**
 * Judges the address of a webhook: https anywhere public, private addresses and plain http to this computer only when in
 * `hosts`. Returns the sentence to show beside the field, or undefined when it may be used.
 */
export function checkWebhook(url: string, hosts: readonly string[]): string | undefined {
  if (url.length > 500) return 'O endereço passa de 500 letras.';
  if (/\s/.test(url) || CONTROL.test(url) || !URL.canParse(url))
    return 'Escreva o endereço completo, como https://servidor/avisos.';
  const parsed = new URL(url);
  const host = bareHost(parsed);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return 'Só https:// é aceito.';
  if (parsed.username !== '' || parsed.password !== '') return 'Tire o usuário e a senha do endereço.';
  if (parsed.hash !== '') return 'Tire o “#” e o que vem depois dele.';
  if (parsed.protocol === 'http:' && !isLoopback(host)) {
    return 'Use https://. Sem criptografia só é aceito o próprio computador (127.0.0.1), quando liberado.';
  }
  return isReachable(host, portOf(parsed), hosts) ? undefined : NOT_LISTED(parsed.host);
}

/** Judges a mail server in the same way. */
export function checkServidor(host: string, porta: number, hosts: readonly string[]): string | undefined {
  if (isIP(host) === 0 && !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(host)) {
    return 'Escreva só o nome do servidor, como smtp.provedor.com.br.';
  }
  return isReachable(host.toLowerCase(), String(porta), hosts) ? undefined : NOT_LISTED(host);
}

// Names are judged by the address they lead to, when the socket opens; what is written as an address, here.
function isReachable(host: string, port: string, hosts: readonly string[]): boolean {
  const address = host === 'localhost' ? '127.0.0.1' : host;
  return isIP(address) === 0 || isAllowedAddress(host, address, port, hosts);
}

/** The sentence for a delivery that the network ended, from the error's code. */
export function describeFalha(code: string | undefined, host: string): string {
  switch (code) {
    case REFUSED_ADDRESS:
      return `O nome ${host} leva a um endereço de rede interna, que não está liberado em AVISOS_HOSTS.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EDNS':
      return `O nome ${host} não foi encontrado no DNS.`;
    case 'ECONNREFUSED':
      return `O servidor ${host} recusou a conexão.`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `Não há rota de rede até ${host}.`;
    case 'ABORT_ERR':
    case 'EABORT':
    case 'ETIMEDOUT':
      return `O servidor ${host} não respondeu a tempo.`;
    default:
      return isTls(code)
        ? `A conexão segura com ${host} falhou: confira o certificado dele.`
        : `A conexão com ${host} caiu antes da resposta.`;
  }
}

const isTls = (code = ''): boolean =>
  /^(ETLS|EPROTO|ERR_SSL|ERR_TLS|CERT_)|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code);

/** The code that Node and the mail library hang on their errors. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'ETIMEDOUT';
  // The mail library puts a code of its own over the one of the socket.
  if ('originalCode' in error && typeof error.originalCode === 'string') return error.originalCode;
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
