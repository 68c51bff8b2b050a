// Which addresses may be called: the URL Base people type, the allow-list, and the networks nobody may reach through us.
import { BlockList, isIP } from 'node:net';

const forbidden = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  forbidden.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96], // NAT64: an IPv4 address in disguise
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32], // Teredo
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  forbidden.addSubnet(network, prefix, 'ipv6');
}

const SHAPE = /^(https?):\/\/([^/?#\\@\s]+)(\/[^?#\\@\s]*)?$/i;
const DEFAULT_PORT: Record<string, string> = { 'https:': '443', 'http:': '80' };

/**
 * Judges the URL Base of an integração against `hosts` (entries `host` or `host:port`).
 * Returns the sentence to show beside the field, or undefined when the address may be used.
 */
export function checkUrlBase(url: string, hosts: readonly string[]): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(url) && !/^https?:/i.test(url)) return 'Só https:// é aceito na URL Base.';
  if (/^https?:\/\/[^/?#]*@/i.test(url))
    return 'Tire o usuário e a senha do endereço: eles têm campos próprios.';
  if (/[?#]/.test(url))
    return 'A URL Base não leva “?” nem “#”. Escreva só até o caminho, como https://servidor/v1.';
  const shape = SHAPE.exec(url);
  if (!shape || !URL.canParse(url)) return 'Escreva o endereço completo, como https://servidor/v1.';
  const parsed = new URL(url);
  if (!isPlain(parsed, shape[2] ?? '', shape[3] ?? '/')) {
    return `Escreva o endereço por extenso, sem disfarces: o navegador leria “${parsed.host}${parsed.pathname}”.`;
  }
  if (parsed.protocol === 'http:' && !isLoopback(bareHost(parsed))) {
    return 'Use https://. Sem criptografia só é aceito o próprio computador (127.0.0.1), quando liberado.';
  }
  if (!isListed(bareHost(parsed), portOf(parsed), hosts)) {
    return `O endereço ${parsed.host} não está liberado neste servidor. Peça ao técnico para incluí-lo em TELECLINICA_HOSTS.`;
  }
  return undefined;
}

/**
 * May a connection be opened to this resolved address? Public addresses yes; private, loopback and reserved ones only
 * when the address itself is in `hosts` (or the listed name is `localhost` and the address is loopback).
 */
export function isAllowedAddress(
  hostname: string,
  address: string,
  port: string,
  hosts: readonly string[],
): boolean {
  if (!isPrivate(address)) return true;
  if (isListed(address, port, hosts)) return true;
  return hostname === 'localhost' && isLoopback(address) && isListed('localhost', port, hosts);
}

/** True for every address that is not a public unicast one, IPv4 in IPv6 clothes included; true for what is no address. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  return forbidden.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

export function portOf(url: URL): string {
  return url.port === '' ? (DEFAULT_PORT[url.protocol] ?? '') : url.port;
}

function isListed(host: string, port: string, hosts: readonly string[]): boolean {
  return hosts.some((entry) => {
    const listed = splitEntry(entry.trim().toLowerCase());
    return listed.host === host && (listed.port === undefined || listed.port === port);
  });
}

function splitEntry(entry: string): { host: string; port: string | undefined } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(entry);
  if (bracketed) return { host: bracketed[1] ?? '', port: bracketed[2] };
  if (isIP(entry) === 6) return { host: entry, port: undefined };
  const [host = '', port] = entry.split(':');
  return { host, port };
}

// 127.1, 0x7f.1, [::ffff:10.0.0.1], IDN look-alikes and /a/../b all change when a URL parser reads them.
function isPlain(parsed: URL, authority: string, path: string): boolean {
  const written = authority.toLowerCase();
  const withPort = `${parsed.host}:${DEFAULT_PORT[parsed.protocol]}`;
  return (written === parsed.host || written === withPort) && parsed.pathname === path;
}
