// What needs somebody now, and what is worth knowing: each with why, what to do and where. Nothing here names a person.
import { z } from 'zod';
import { type Db, row, rows } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import { listAvisosAbertos } from './avisos/avisos.ts';
import { usuarioInFiliais } from './filiais.ts';
import { operacoesWhere } from './filtroDeOperacoes.ts';
import { HOJE } from './hoje.ts';
import type { Integracao } from './integracoes.ts';
import { type Lote, listLotes } from './lotes/lotes.ts';
import type { Plano } from './planos.ts';
import { CAUSA } from './retencoes.ts';
import { ACOES_DE_OPERACAO, type AcaoDeOperacao, type CausaDeRetencao, type Operador } from './tipos.ts';
import type { VidasAgora } from './vidasAgora.ts';

export interface Pendencia {
  tipo:
    | 'credencial'
    | 'fora'
    | 'varredura'
    | 'pausa'
    | 'fila'
    | 'divergencia'
    | 'identidade'
    | 'lote'
    | 'retida'
    | 'registro'
    | 'falha'
    | 'tentando'
    | 'acesso'
    | 'carencia'
    | 'previa';
  /** true = it waits for a person; false = worth knowing. */
  precisa: boolean;
  titulo: string;
  /** What it means, or what to do. */
  texto: string;
  /** How many people or operações, when that is what it counts. */
  total: number | null;
  /** The page to open, under BASE_PATH, its query included. */
  caminho: string;
}

/** What is known already when the pendências are gathered. */
export interface Sabidos {
  vidas: VidasAgora;
  integracoes: readonly Integracao[];
  planos: readonly Plano[];
}

/** Everything inside the operator's branches, the gravest first. Pauses and refused scans are told by the bands. */
export async function listPendencias(
  db: Db,
  operador: Operador,
  { vidas, integracoes, planos }: Sabidos,
): Promise<Pendencia[]> {
  const [lotes, falhas, carencias, avisos] = await Promise.all([
    openLotes(db, operador),
    countFalhas(db, operador.filiais, dayFromNow(-1)),
    countCarenciasUntil(db, operador.filiais, dayFromNow(1)),
    listAvisosAbertos(db, operador.filiais),
  ]);
  const ofAvisos = (which: 'fila' | 'cadastros', tipo: Pendencia['tipo']): Pendencia[] => {
    const told = avisos.filter(({ causa }) => causa === which);
    return told.map(({ titulo, texto, caminho }) => need(tipo, titulo, texto, caminho, null));
  };
  return [
    ...integracoes.flatMap(ofIntegracao),
    ...ofAvisos('fila', 'fila'),
    ...vidas.retidas.filter(({ causa }) => causa === 'quem_e_a_pessoa').map(ofRetida),
    ...ofAvisos('cadastros', 'lote'),
    ...lotes,
    ...vidas.retidas.filter(({ causa }) => causa !== 'quem_e_a_pessoa').map(ofRetida),
    ...ofRegistros(integracoes, planos),
    ...falhas.map(ofFalha),
    ...worthKnowing(vidas, carencias),
  ];
}

const need = (
  tipo: Pendencia['tipo'],
  titulo: string,
  texto: string,
  caminho: string,
  total: number | null,
): Pendencia => ({ tipo, precisa: true, titulo, texto, caminho, total });

const tell = (...args: Parameters<typeof need>): Pendencia => ({ ...need(...args), precisa: false });

function ofIntegracao({ id, nome, credencialParadaEm, foraDesde }: Integracao): Pendencia[] {
  const caminho = `/integracoes/${id}`;
  if (credencialParadaEm !== null) {
    const titulo = `Usuário ou senha recusados: ${nome}`;
    return [need('credencial', titulo, 'Corrija a senha e clique em Testar conexão.', caminho, null)];
  }
  if (foraDesde === null) return [];
  const titulo = `A Tele Clínica não responde: ${nome}`;
  const texto = 'Nada se perde: os pedidos esperam e seguem quando ela voltar.';
  return [need('fora', titulo, texto, caminho, null)];
}

// What to do in few words; the page behind says the rest.
const RESOLVE: Record<CausaDeRetencao, string> = {
  dados: 'Corrija o cadastro no IXC; tentamos de novo sozinhos.',
  sem_plano: 'Vincule um plano ao produto do contrato.',
  mais_de_um_plano: 'Escolha o plano de cada uma.',
  plano_nao_registrado: 'Veja em Planos o que falta para o registro.',
  quem_e_a_pessoa: 'O CPF ou o cliente mudou no IXC: responda se é a mesma pessoa.',
  ja_existe: 'O CPF já tem uma conta feita fora do IXC: compare em Divergências.',
  outro_parceiro: 'O CPF tem conta por outra empresa: fale com a Tele Clínica.',
  cancelado_no_parceiro: 'A conta foi cancelada lá: decida se começa outra.',
  sumiu: 'Confira com a Tele Clínica: Reenviar cria a conta de novo, ou descarte.',
  proibido: 'Confira o que as credenciais podem fazer.',
  estado_recusado: 'Veja as tentativas de cada uma.',
  contrato_quebrado: 'Envie o número da requisição ao suporte.',
  fora_do_teste: 'Inclua o contrato nos contratos de teste da integração.',
  derruba_o_processo: 'Envie o número do usuário ao suporte.',
};

function ofRetida({ causa, total }: { causa: CausaDeRetencao; total: number }): Pendencia {
  const tipo = causa === 'quem_e_a_pessoa' ? 'identidade' : 'retida';
  return need(tipo, CAUSA[causa], RESOLVE[causa], `/usuarios?retida=${causa}`, total);
}

function ofRegistros(integracoes: readonly Integracao[], planos: readonly Plano[]): Pendencia[] {
  const refused = [
    ...integracoes.map((each) => ({ ...each, caminho: `/integracoes/${each.id}` })),
    ...planos.map((each) => ({ ...each, caminho: `/planos/${each.id}` })),
  ].filter(({ registro }) => registro === 'recusado');
  return refused.map(({ nome, caminho }) =>
    need(
      'registro',
      `Registro recusado: ${nome}`,
      'Abra para ver o que a Tele Clínica respondeu.',
      caminho,
      null,
    ),
  );
}

const MAX_LOTES = 5;
const PREVIA_FRESH_MS = 24 * 60 * 60_000;

async function openLotes(db: Db, operador: Operador): Promise<Pendencia[]> {
  const [waiting, previas] = await Promise.all([
    listLotes(db, { quem: operador, estado: 'aguardando', limite: MAX_LOTES }),
    listLotes(db, { quem: operador, estado: 'simulado', limite: 1 }),
  ]);
  const fresh = previas.lotes.filter(
    ({ criadoEm }) => Date.now() - Date.parse(`${criadoEm.replace(' ', 'T')}Z`) < PREVIA_FRESH_MS,
  );
  const more: Pendencia[] =
    waiting.proxima === undefined
      ? []
      : [need('lote', 'Mais lotes à espera', 'Veja todos em Lotes.', '/lotes?estado=aguardando', null)];
  return [...waiting.lotes.map(ofLote), ...more, ...fresh.map(ofPrevia)];
}

function ofLote({ id, titulo, origem, porEstado }: Lote): Pendencia {
  const porque = origem === 'freio' ? 'O freio reteve: confira a lista' : 'Confira a lista';
  return need(
    'lote',
    `Lote ${id}: ${titulo}`,
    `${porque} e aprove ou rejeite.`,
    `/lotes/${id}`,
    porEstado.pendente,
  );
}

function ofPrevia({ id, preparado, porEstado }: Lote): Pendencia {
  const texto = preparado ? 'Nada foi mudado; veja a lista e decida.' : 'Ainda está sendo preparada.';
  return tell('previa', `Prévia ${id} sem decisão`, texto, `/lotes/${id}`, porEstado.pendente);
}

interface Falha {
  acao: AcaoDeOperacao;
  /** What was answered most often. */
  mensagem: string | null;
  total: number;
}

/** Refused operações since the day `desde` that nothing newer solved, by action, the most frequent first. */
async function countFalhas(db: Db, filiais: Filiais, desde: string): Promise<Falha[]> {
  const where = await operacoesWhere(db, { filiais, estado: 'sem_solucao', de: desde, limite: 0 });
  const found = await rows(
    db,
    `SELECT o.acao, o.mensagem, COUNT(*) AS total FROM operacoes o WHERE ${where.sql}
     GROUP BY o.acao, o.mensagem ORDER BY total DESC, o.acao`,
    where.params,
    z.object({
      acao: z.enum(ACOES_DE_OPERACAO),
      mensagem: z.string().nullable(),
      total: z.coerce.number(),
    }),
  );
  const byAcao = new Map<AcaoDeOperacao, Falha>();
  for (const { acao, mensagem, total } of found) {
    const known = byAcao.get(acao);
    byAcao.set(acao, { acao, mensagem: known?.mensagem ?? mensagem, total: total + (known?.total ?? 0) });
  }
  return [...byAcao.values()];
}

const FALHOU: Record<AcaoDeOperacao, string> = {
  criar: 'Criação recusada',
  bloquear: 'Bloqueio recusado',
  desbloquear: 'Desbloqueio recusado',
  trocar_plano: 'Troca de plano recusada',
  cancelar: 'Cancelamento recusado',
  atualizar: 'Atualização de cadastro recusada',
  registrar_integracao: 'Registro da integração recusado',
  registrar_plano: 'Registro de plano recusado',
  atualizar_plano: 'Atualização de plano recusada',
};

function ofFalha({ acao, mensagem, total }: Falha): Pendencia {
  const texto = mensagem ?? 'A Tele Clínica não disse por quê.';
  const caminho = `/operacoes?estado=sem_solucao&acao=${acao}&de=${dayFromNow(-1)}`;
  return need('falha', `${FALHOU[acao]} desde ontem`, texto, caminho, total);
}

function worthKnowing({ tentando, aguardaAcesso }: VidasAgora, carencias: number): Pendencia[] {
  const all: Pendencia[] = [];
  if (carencias > 0) {
    const texto = 'Depois disso vale de novo o que o contrato diz.';
    all.push(tell('carencia', 'Carências que terminam até amanhã', texto, '/carencias', carencias));
  }
  if (tentando > 0) {
    const texto = 'A última chamada falhou; tentamos de novo sozinhos.';
    all.push(tell('tentando', 'Em nova tentativa', texto, '/usuarios?espera=tentando', tentando));
  }
  if (aguardaAcesso > 0) {
    const texto = 'A conta está pronta; a pessoa ainda não entrou.';
    all.push(tell('acesso', 'Aguardam o primeiro acesso', texto, '/usuarios?espera=acesso', aguardaAcesso));
  }
  return all;
}

async function countCarenciasUntil(db: Db, filiais: Filiais, ate: string): Promise<number> {
  const scope = usuarioInFiliais('u.id', filiais);
  const found = await row(
    db,
    `SELECT COUNT(*) AS total FROM usuarios u WHERE u.carencia_ate >= :hoje AND u.carencia_ate <= :ate AND ${scope.sql}`,
    { hoje: HOJE.format(), ate, ...scope.params },
    z.object({ total: z.coerce.number() }),
  );
  return found.total;
}

// AAAA-MM-DD in Brasília, that many days from today.
const dayFromNow = (days: number): string => HOJE.format(new Date(Date.now() + days * 24 * 60 * 60_000));
