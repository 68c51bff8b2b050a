// The doctor from outside: does the plugin answer under IXC's own address, whole, framed and with its cookie? Never the partner.
import http from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import type { Linha } from './linha.ts';
import { aviso, type Checagem, falha, ok, type Paciente, type Resultado, runChecagens } from './linha.ts';

/** One look through each origin in IXC_ORIGIN. */
export async function examineNetwork(paciente: Paciente): Promise<Linha[]> {
  const linhas: Linha[] = [];
  for (const origem of paciente.config.ixcOrigins) {
    const checks: Checagem[] = [
      ['TLS', () => checkTls(origem)],
      ['caminho do proxy', () => checkPath(origem, paciente)],
      ['moldura', () => checkFrame(origem, paciente.config)],
      ['cookie', () => checkCookie(origem, paciente.config)],
    ];
    linhas.push(...(await runChecagens(checks, paciente)));
  }
  return linhas;
}

interface Resposta {
  status: number;
  headers: http.IncomingHttpHeaders;
  texto: string;
  /** When the certificate ends; undefined without TLS. */
  validoAte: string | undefined;
}

const TIMEOUT_MS = 5_000;
const MOST_BYTES = 200_000;

// Certificates are judged as a browser would.
function look(url: string, headers: Record<string, string> = {}): Promise<Resposta> {
  return new Promise((resolve, reject) => {
    const options = { headers, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) } as const;
    const request = (url.startsWith('https:') ? https : http).get(url, options, (answer) => {
      const socket = answer.socket as Partial<TLSSocket>;
      const validoAte = socket.getPeerCertificate?.().valid_to;
      let texto = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        texto = (texto + part).slice(0, MOST_BYTES);
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, texto, validoAte }),
      );
      answer.on('error', reject);
    });
    request.on('error', reject);
  });
}

const FEW_DAYS = 14;

async function checkTls(origem: string): Promise<Resultado> {
  if (origem.startsWith('http:')) {
    const local = /^http:\/\/(localhost|127\.|\[::1\])/.test(origem);
    return local
      ? ok('sem TLS, num endereço local')
      : falha(`${origem} é http: abra o IXC por HTTPS e corrija IXC_ORIGIN`);
  }
  try {
    const { validoAte = '' } = await look(`${origem}/`);
    const days = Math.floor((Date.parse(validoAte) - Date.now()) / 86_400_000);
    return days > FEW_DAYS
      ? ok(`certificado de ${origem} vale mais ${days} dias`)
      : aviso(`o certificado de ${origem} acaba em ${days} dias: renove-o`);
  } catch (error) {
    return unreachable(origem, error);
  }
}

function unreachable(origem: string, error: unknown): Resultado {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code))
    return falha(`o certificado de ${origem} não é aceito (${code}): os navegadores também o recusam`);
  return aviso(
    `${origem} não pode ser alcançado daqui (${code}): confira de outro computador, ou ponha o nome em /etc/hosts`,
  );
}

async function checkPath(origem: string, { config, versao }: Paciente): Promise<Resultado> {
  const url = `${origem}${config.basePath}/version`;
  let answer: Resposta;
  try {
    answer = await look(url);
  } catch (error) {
    return unreachable(origem, error);
  }
  const { status, texto } = answer;
  if (status === 502 || status === 504)
    return falha(`${url}: o servidor web responde, o plugin não. Rode tele-clinica iniciar`);
  if (status === 403 && texto.includes('HTTPS'))
    return falha(
      'o proxy não diz que a página veio por HTTPS: falta proxy_set_header X-Forwarded-Proto $scheme',
    );
  const found = Version.safeParse(parseJson(texto));
  if (!found.success)
    return falha(
      `${url} não é o plugin (HTTP ${status}): falta o trecho do servidor web; rode tele-clinica instalar de novo`,
    );
  if (found.data.version !== versao)
    return aviso(
      `no ar está a versão ${found.data.version}, este programa é a ${versao}: rode tele-clinica iniciar`,
    );
  return ok(`${url} chega ao plugin`);
}

const Version = z.object({ name: z.literal('tele-clinica'), version: z.string() });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function checkFrame(origem: string, { basePath }: Config): Promise<Resultado> {
  const { headers } = await look(`${origem}${basePath}/sessao`);
  const policy = [headers['content-security-policy'] ?? ''].flat().join(';');
  const ancestors = /frame-ancestors ([^;]*)/.exec(policy)?.[1] ?? '';
  const old = String(headers['x-frame-options'] ?? '').toUpperCase();
  if (old === 'DENY')
    return falha(
      'o servidor web põe X-Frame-Options: DENY, e o navegador não mostra o plugin dentro do IXC: retire-o',
    );
  if (!ancestors.split(' ').includes(origem))
    return falha(
      `a política de moldura que chega não traz ${origem}: o servidor web a troca; retire add_header Content-Security-Policy do trecho`,
    );
  return ok('só as páginas do IXC podem mostrar o plugin');
}

const Eco = z.object({ https: z.boolean(), cookie: z.boolean() });

// There and back: the server's cookie reaches us, and ours reaches the server.
async function checkCookie(origem: string, { basePath }: Config): Promise<Resultado> {
  const { headers, texto } = await look(`${origem}${basePath}/eco`, { Cookie: 'tc_sessao=doutor' });
  const eco = Eco.safeParse(parseJson(texto));
  if (!eco.success) return falha('o plugin não foi alcançado por este endereço');
  const came = headers['set-cookie']?.some((cookie) => cookie.startsWith('tc_eco=')) ?? false;
  if (!came)
    return falha('o cookie do plugin não chega ao navegador: o proxy retira Set-Cookie (proxy_hide_header)');
  if (!eco.data.cookie)
    return falha('o cookie do navegador não chega ao plugin: o proxy retira o cabeçalho Cookie');
  if (origem.startsWith('https:') !== eco.data.https)
    return falha('o plugin não sabe que a página veio por HTTPS: falta X-Forwarded-Proto');
  return ok('vai e volta pelo servidor web');
}
