// A small partner that speaks the dialect of perfis/exemplo-rms.json: forms, ddMMyyyy, CPF in the path, errors in a 200.
import type { ServerResponse } from 'node:http';
import { type Chegada, type Parceiro, sendJson, startParceiro } from './parceiro.ts';

interface Vida {
  idVida: number;
  situacao: 'A' | 'S' | 'C';
  codigoExterno: string;
  cpf: string;
}

export interface ServidorRms extends Parceiro {
  vidas: Vida[];
  logins: Chegada[];
  /** The last create as the form it arrived in. */
  adesao(): Record<string, string>;
  /** Forgets every token it gave. */
  expire(): void;
}

export const USUARIO = 'provedor';
export const SENHA = 'segredo & cia';

/** Tokens live `life` seconds. */
export async function startServidorRms(life = 3600): Promise<ServidorRms> {
  const vidas: Vida[] = [];
  const logins: Chegada[] = [];
  let tokens = new Set<string>();
  let adesao: Record<string, string> = {};
  const routes: Record<string, (dados: URLSearchParams, response: ServerResponse) => void> = {
    '/v1/plataforma': (_, response) => sendJson(response, 200, { ambiente: 'homologacao' }),
    '/v1/adesao': (form, response) => {
      adesao = Object.fromEntries(form);
      if (form.get('cpf') === '000.000.000-00') return fail(response, 1010, 'CPF 000.000.000-00 inválido');
      if (vidas.some(({ cpf }) => cpf === form.get('cpf'))) return fail(response, 1016, 'Já cadastrado');
      const vida: Vida = {
        idVida: 9000 + vidas.length,
        situacao: 'A',
        codigoExterno: form.get('codigoExterno') ?? '',
        cpf: form.get('cpf') ?? '',
      };
      vidas.push(vida);
      sendJson(response, 200, { sucesso: true, dados: vida });
    },
    '/v1/consulta': (form, response) => withVida(form, response, (vida) => ({ dados: vida })),
    '/v1/suspensao': (query, response) => withVida(query, response, (vida) => move(vida, 'S')),
    '/v1/reativacao': (query, response) => withVida(query, response, (vida) => move(vida, 'A')),
    '/v1/cancelamento': (form, response) => {
      if (!/^\d\d\/\d\d\/\d{4}$/.test(form.get('data') ?? '')) return fail(response, 1, 'Data inválida');
      withVida(form, response, (vida) => {
        if (vida.situacao === 'C') return { sucesso: false, codigoErro: 1018, mensagem: 'Já cancelado' };
        vida.situacao = 'C';
        return {};
      });
    },
    '/v1/vidas': (query, response) => {
      const inicio = Number(query.get('inicio'));
      sendJson(response, 200, { vidas: vidas.slice(inicio, inicio + 3), total: vidas.length });
    },
  };
  const withVida = (dados: URLSearchParams, response: ServerResponse, act: (vida: Vida) => object) => {
    const vida = vidas.find(({ idVida }) => String(idVida) === dados.get('idVida'));
    if (!vida) return fail(response, 1404, 'Vida não encontrada');
    sendJson(response, 200, { sucesso: true, ...act(vida) });
  };
  const parceiro = await startParceiro((chegada, response) => {
    const url = new URL(chegada.url, 'http://x');
    if (!url.pathname.startsWith('/v1/'))
      return sendJson(response, 404, { codigoErro: 1404, mensagem: 'Nada aqui' });
    if (url.pathname === '/v1/token') {
      logins.push(chegada);
      const form = new URLSearchParams(chegada.body);
      if (form.get('username') !== USUARIO || form.get('password') !== SENHA) {
        return sendJson(response, 400, { error: 'invalid_grant' });
      }
      const token = `t${logins.length}`;
      tokens.add(token);
      return sendJson(response, 200, { access_token: token, expires_in: life });
    }
    const token = String(chegada.headers.authorization).replace('Bearer ', '');
    if (!tokens.has(token)) return sendJson(response, 401, { codigoErro: 9, mensagem: 'Token vencido' });
    if (url.searchParams.get('convenio') !== '77') return fail(response, 2, 'Convênio não informado');
    const byCpf = /^\/v1\/beneficiarios\/cpf\/([^/]+)$/.exec(url.pathname)?.[1];
    if (byCpf !== undefined) {
      const beneficiarios = vidas.filter(({ cpf }) => cpf === decodeURIComponent(byCpf));
      if (beneficiarios.length === 0) return fail(response, 1404, 'Nenhum beneficiário');
      return sendJson(response, 200, { sucesso: true, beneficiarios });
    }
    const route = routes[url.pathname];
    if (!route) return void response.writeHead(404).end('<h1>404</h1>');
    route(chegada.method === 'POST' ? new URLSearchParams(chegada.body) : url.searchParams, response);
  });
  const expire = () => {
    tokens = new Set();
  };
  return { ...parceiro, vidas, logins, adesao: () => adesao, expire };
}

function move(vida: Vida, situacao: 'A' | 'S') {
  vida.situacao = situacao;
  return { situacao };
}

function fail(response: ServerResponse, codigoErro: number, mensagem: string) {
  sendJson(response, 200, { sucesso: false, codigoErro, mensagem });
}
