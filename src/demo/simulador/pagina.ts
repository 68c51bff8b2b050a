// The simulator's page: who is registered, what was called, and buttons to break and to mend the partner.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import ejs from 'ejs';
import { z } from 'zod';
import { changeOpcoes, editPessoa, parseFalha } from './controle.ts';
import { insertUsuario, type Usuario } from './estado.ts';
import { listRegistros, type Registro } from './historico.ts';
import { addFalha, type Mundo, removeFalha, resetMundo } from './mundo.ts';
import { PRESETS } from './presets.ts';
import { readBody, readEndereco } from './requisicao.ts';
import { isCpf } from './validacao.ts';

const SHOWN = 40;
const CSP =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'";

const read = (name: string) => readFileSync(new URL(`./views/${name}`, import.meta.url), 'utf8');
const compile = (name: string) => ejs.compile(read(name), { strict: true, localsName: 'it' });
const renderPagina = compile('pagina.ejs');
const renderPartes = compile('_partes.ejs');
const FILES: Record<string, { type: string; text: string }> = {
  'simulador.css': { type: 'text/css; charset=utf-8', text: read('simulador.css') },
  'simulador.js': { type: 'text/javascript; charset=utf-8', text: read('simulador.js') },
};

const campos = z.record(z.string(), z.string());
type Campos = z.output<typeof campos>;

/** Serves the page, its fragment `partes`, its files and its forms. All its addresses are relative. */
export async function servePagina(mundo: Mundo, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { segments, query } = readEndereco(req);
  const name = segments.join('/');
  const file = FILES[name];
  if (req.method === 'POST') return serveForm(mundo, name, req, res);
  if (req.method !== 'GET') return send(res, 405, 'text/plain', 'método não aceito');
  if (file) return send(res, 200, file.type, file.text);
  const busca = query.get('busca') ?? '';
  const partes = renderPartes(partesOf(mundo, busca));
  if (name === 'partes') return send(res, 200, 'text/html; charset=utf-8', partes);
  if (name !== '') return send(res, 404, 'text/plain', 'não existe');
  const porta = req.socket.localPort ?? 0;
  const { opcoes } = mundo.estado;
  const page = renderPagina({ partes, busca, opcoes, presets: PRESETS, url: `http://127.0.0.1:${porta}/v1` });
  return send(res, 200, 'text/html; charset=utf-8', page);
}

function send(res: ServerResponse, status: number, type: string, text: string): void {
  res.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'content-security-policy': CSP,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  });
  res.end(text);
}

async function serveForm(
  mundo: Mundo,
  name: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const form = FORMS[name];
  const sent = campos.safeParse(await readBody(req));
  if (!form || !sent.success) return send(res, 404, 'text/plain', 'não existe');
  const complaint = form(mundo, sent.data);
  if (complaint !== null) return send(res, 422, 'text/plain; charset=utf-8', complaint);
  res.writeHead(303, { location: './' });
  res.end();
}

/** What a form does; it answers a complaint, or null when done. */
const FORMS: Record<string, (mundo: Mundo, sent: Campos) => string | null> = {
  falha: (mundo, { preset = '' }) => {
    const chosen = PRESETS[preset];
    if (!chosen) return 'Esta falha não existe.';
    removeFalha(mundo, null);
    if (chosen.regra) addFalha(mundo, parseFalha(chosen.regra));
    return null;
  },
  pessoa: (mundo, { id = '', status = '' }) => {
    if (!['pending', 'active', 'blocked', 'cancelled'].includes(status)) return 'Esta situação não existe.';
    return editPessoa(mundo, id, { status }) ? null : 'Esta pessoa não está mais cadastrada.';
  },
  outro: (mundo, { cpf = '' }) => {
    const digits = cpf.replace(/\D/g, '');
    if (!isCpf(digits)) return 'Este CPF não é válido. Volte e confira os números.';
    insertUsuario(mundo.estado, { ...STRANGER, cpf: digits });
    return null;
  },
  opcoes: (mundo, sent) => {
    const assincrono = Number(sent['assincrono'] ?? 0);
    if (!(assincrono >= 0 && assincrono <= 600_000)) return 'Os milissegundos vão de 0 a 600.000.';
    changeOpcoes(mundo, {
      idempotencia: sent['idempotencia'] === 'sim',
      cpfUnico: sent['cpfUnico'] === 'sim',
      estadoInicial: sent['pendente'] === 'sim' ? 'pending' : 'active',
      assincrono,
    });
    return null;
  },
  zera: (mundo) => {
    resetMundo(mundo);
    return null;
  },
};

const STRANGER = {
  tenant: 'outro-provedor',
  externalId: null,
  status: 'active',
  planId: 'clinico-24h',
  name: 'Cliente de outro provedor',
  birthDate: '1990-01-02',
  email: null,
  phone: null,
} as const;

function partesOf(mundo: Mundo, busca: string): Record<string, unknown> {
  const all = [...mundo.estado.usuarios.values()];
  const found = busca === '' ? all : all.filter((usuario) => contains(usuario, busca));
  return {
    total: found.length,
    pessoas: found.slice(-SHOWN).reverse().map(pessoaView),
    chamadas: listRegistros(mundo.historico, 0, null, SHOWN).reverse().map(chamadaView),
    falhas: mundo.falhas.map(({ regra, hits }) => ({ name: nameOf(regra.kind), hits })),
  };
}

function contains(usuario: Usuario, busca: string): boolean {
  const digits = busca.replace(/\D/g, '');
  const text = `${usuario.name}\n${usuario.externalId}\n${usuario.id}`.toLowerCase();
  return text.includes(busca.toLowerCase()) || (digits.length > 2 && Boolean(usuario.cpf?.includes(digits)));
}

const nameOf = (kind: string) =>
  Object.values(PRESETS).find((preset) => preset.regra?.kind === kind)?.label ?? kind;

const SITUACAO = {
  pending: 'aguarda primeiro acesso',
  active: 'ativo',
  blocked: 'bloqueado',
  cancelled: 'cancelado',
};

function pessoaView(usuario: Usuario): Record<string, unknown> {
  const { id, name, externalId, planId, status, tenant, updatedAt } = usuario;
  const cpf = usuario.cpf ? `•••.${usuario.cpf.slice(3, 6)}.${usuario.cpf.slice(6, 9)}-••` : '—';
  const shown = { id, name, externalId, planId, status, tenant, cpf };
  return { ...shown, situacao: SITUACAO[status], quando: timeOf(updatedAt) };
}

function chamadaView(registro: Registro): Record<string, unknown> {
  const { seq, operation, path, externalId, status, end, applied, durationMs, rule } = registro;
  const resposta = {
    open: 'em andamento',
    dropped: 'cortada',
    aborted: 'cliente desistiu',
    sent: String(status),
  }[end];
  const ok = end === 'sent' && status !== null && status < 400;
  const shown = { seq, operation: operation ?? path, externalId, resposta, ok, applied, durationMs };
  return { ...shown, falha: rule !== null, quando: timeOf(registro.at) };
}

const timeOf = (time: number) =>
  new Date(time).toLocaleTimeString('pt-BR', { timeZone: 'America/Sao_Paulo' });
