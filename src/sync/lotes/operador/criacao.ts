// Creating for many: which contracts of a page would get an account, by the checks of one click and of the pré-voo.
import { z } from 'zod';
import { type Db, inList, type Params, rows } from '../../../db.ts';
import { listClientes } from '../../../ixc/clientes.ts';
import type { FatosDoContrato } from '../../../ixc/fatos.ts';
import { describeAcesso, describeStatus } from '../../../ixc/status.ts';
import type { Cliente } from '../../../ixc/tipos.ts';
import { isValidCpf } from '../../../ixc/valores.ts';
import { orderContatos } from '../../contatos.ts';
import { impressaoDoCpf, type Sync } from '../../contexto.ts';
import type { Integracao } from '../../integracoes.ts';
import type { Plano } from '../../planos.ts';
import { type Contexto, listFichas } from '../../prevoo/candidatos.ts';
import { type CausaDoPrevoo, findCausas } from '../../prevoo/causas.ts';
import type { UsuarioDaGrade } from '../../usuarios.ts';
import { evaluate } from '../../varredura/avaliacao.ts';
import { goes, type LinhaSimulada, stays } from './julgamento.ts';
import type { Pedido } from './pedido.ts';

/** What every page goes by, read once. */
export interface Mesa {
  contexto: Contexto;
  planos: ReadonlyMap<number, Plano>;
  integracoes: ReadonlyMap<number, Integracao>;
}

/** Judges a page of contracts; those that the filter leaves out are missing from the answer. */
export async function judgeCriacoes(
  sync: Sync,
  pedido: Pedido,
  mesa: Mesa,
  fatos: readonly FatosDoContrato[],
  usuarios: ReadonlyMap<number, UsuarioDaGrade>,
): Promise<LinhaSimulada[]> {
  const { contexto } = mesa;
  const lidos = await listClientes(
    sync.ixc,
    fatos.map(({ clienteId }) => clienteId),
  );
  const clientes = new Map(lidos.map((cliente) => [cliente.id, orderContatos(cliente, contexto.contato)]));
  const fichas = await listFichas(
    sync.ixc,
    lidos.map(({ documento }) => documento),
  );
  const contas = await listContas(sync, lidos);
  const linhas: LinhaSimulada[] = [];
  const nesta = new Set<string>();
  for (const each of fatos) {
    const cliente = clientes.get(each.clienteId);
    const destino = destinoOf(pedido, mesa, each);
    if (!takes(pedido, destino, mesa)) continue;
    const usuario = usuarios.get(each.id);
    const contra =
      againstContrato(each, usuario, contexto) ??
      againstPlano(destino, each, mesa) ??
      againstPessoa(cliente, fichas.get(cliente?.documento ?? '') ?? [], destino, contexto);
    if (contra !== undefined || destino.planoId === null || cliente === undefined) {
      linhas.push(stays(each, contra ?? 'Sem vínculo.', usuario));
      continue;
    }
    const chave = `${mesa.planos.get(destino.planoId)?.integracaoId}:${cliente.documento}`;
    const conta = contas.get(chave) ?? (nesta.has(chave) ? 'nesta' : undefined);
    nesta.add(chave);
    if (conta === 'cancelando') linhas.push(stays(each, 'Há um cancelamento pedido para esta pessoa.'));
    else linhas.push(goes(pedido, each, wordsOf(conta, destino.planoId, mesa), { planoId: destino.planoId }));
  }
  return linhas;
}

interface Destino {
  planoId: number | null;
  maisDeUmPlano: boolean;
  /** The operator chose it; the vínculos do not decide. */
  escolhido: boolean;
}

function destinoOf({ planoId }: Pedido, { contexto }: Mesa, fatos: FatosDoContrato): Destino {
  const avaliacao = evaluate(fatos, contexto.produtos.get(fatos.id) ?? [], contexto.criterios);
  if (planoId !== null) return { planoId, maisDeUmPlano: false, escolhido: true };
  const { plano, maisDeUmPlano } = avaliacao;
  return { planoId: plano?.planoId ?? null, maisDeUmPlano, escolhido: false };
}

// By a filter, contracts that no vínculo reaches are nobody's business; a list was made by somebody who means each.
function takes({ lista, filtro }: Pedido, { planoId, maisDeUmPlano }: Destino, { planos }: Mesa): boolean {
  const { integracaoId } = filtro;
  if (integracaoId !== undefined && planos.get(planoId ?? 0)?.integracaoId !== integracaoId) return false;
  if (filtro.planoId !== undefined) return planoId === filtro.planoId;
  return lista || planoId !== null || maisDeUmPlano;
}

function againstContrato(
  fatos: FatosDoContrato,
  usuario: UsuarioDaGrade | undefined,
  { criterios, nativos }: Contexto,
): string | undefined {
  if (usuario !== undefined && usuario.observada !== 'cancelado' && usuario.desejada !== 'ausente')
    return `Já existe: este contrato já dá o usuário ${usuario.id}.`;
  if (evaluate(fatos, [], criterios).significado !== 'ativo') {
    const suspenso = fatos.suspenso ? ', suspenso' : '';
    return `No IXC está ${describeStatus(fatos.status)}, acesso ${describeAcesso(fatos.statusInternet)}${suspenso}.`;
  }
  return nativos.has(fatos.id) ? 'O próprio IXC já atende este contrato (módulo SVA).' : undefined;
}

function againstPlano({ planoId, maisDeUmPlano }: Destino, { id }: FatosDoContrato, mesa: Mesa) {
  if (maisDeUmPlano) return 'Mais de um plano: os vínculos do contrato levam a planos diferentes.';
  if (planoId === null) return 'Sem vínculo: nada neste contrato leva a um plano.';
  const integracao = mesa.integracoes.get(mesa.planos.get(planoId)?.integracaoId ?? 0);
  const fora = integracao?.ambiente === 'homologacao' && !integracao.contratosTeste.includes(id);
  return fora ? `“${integracao.nome}” é de homologação, e este não é um contrato de teste.` : undefined;
}

function againstPessoa(
  cliente: Cliente | undefined,
  fichas: Parameters<typeof findCausas>[0]['fichas'],
  { planoId, escolhido }: Destino,
  { criterios, padroes, planosRecusados }: Contexto,
): string | undefined {
  const planoRecusado = !escolhido && planoId !== null && planosRecusados.has(planoId);
  const candidato = { cliente, fichas, maisDeUmPlano: false, planoRecusado };
  const causas = findCausas(candidato, criterios.hoje, padroes);
  if (causas.length === 0) return undefined;
  const words = causas.map((causa) => PORQUE[causa]).join('; ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

const PORQUE: Record<CausaDoPrevoo, string> = {
  empresa: 'o cliente é uma empresa',
  cpf_vazio: 'CPF vazio',
  cpf_invalido: 'CPF inválido',
  nome_vazio: 'sem nome',
  nome_curto: 'nome sem sobrenome',
  nome_longo: 'nome longo demais',
  nome_estranho: 'nome com números ou sinais',
  nascimento_vazio: 'sem data de nascimento',
  nascimento_falso: 'data de nascimento de preenchimento',
  nascimento_futuro: 'data de nascimento no futuro',
  idade_impossivel: 'idade impossível',
  menor: 'menor de 18 anos',
  contato_vazio: 'sem celular nem e-mail',
  contato_invalido: 'celular e e-mail inválidos',
  cpf_repetido: 'o CPF está em mais de um cadastro',
  cliente_ausente: 'o cliente do contrato não existe no IXC',
  mais_de_um_plano: 'mais de um plano',
  plano_recusado: 'a Tele Clínica recusou o plano',
};

type Conta = 'viva' | 'cancelada' | 'cancelando' | 'nesta';

function wordsOf(conta: Conta | undefined, planoId: number, { planos }: Mesa): string {
  if (conta === 'viva') return 'Outro contrato da pessoa já tem conta: este se junta a ela.';
  if (conta === 'nesta') return 'Mesma pessoa de outra linha: este se junta à conta dela.';
  const again = conta === 'cancelada' ? ' de novo (a conta anterior foi cancelada)' : '';
  return `Será criado${again} no plano “${planos.get(planoId)?.nome ?? planoId}”.`;
}

const ContaRow = z.object({
  impressao: z.instanceof(Buffer),
  integracaoId: z.number(),
  observada: z.string(),
  desejada: z.string(),
  cancelando: z.coerce.number(),
});

// The accounts of these people, by `integração:CPF`; the CPF lives here only as long as the page.
async function listContas(sync: Sync, clientes: readonly Cliente[]): Promise<Map<string, Conta>> {
  const cpfs = [...new Set(clientes.map(({ documento }) => documento))].filter(isValidCpf);
  if (cpfs.length === 0) return new Map();
  const cpfOf = new Map(cpfs.map((cpf) => [impressaoDoCpf(sync, cpf).toString('hex'), cpf]));
  const found = await listPorImpressao(sync.db, [...cpfOf.keys()]);
  return new Map(
    found.flatMap(({ impressao, integracaoId, observada, desejada, cancelando }) => {
      if (desejada === 'ausente') return [];
      const conta = observada === 'cancelado' ? 'cancelada' : cancelando === 1 ? 'cancelando' : 'viva';
      return [[`${integracaoId}:${cpfOf.get(impressao.toString('hex'))}`, conta] as const];
    }),
  );
}

async function listPorImpressao(db: Db, impressoes: readonly string[]) {
  const integracoes = await rows(db, 'SELECT id FROM integracoes', {}, z.object({ id: z.number() }));
  const names = inList('i', impressoes);
  const params: Params = Object.fromEntries(
    Object.entries(names.params).map(([name, hex]) => [name, Buffer.from(String(hex), 'hex')]),
  );
  // The index begins with the integração: named, each fingerprint is one look.
  const list = inList(
    'g',
    integracoes.map(({ id }) => id),
  );
  return rows(
    db,
    `SELECT impressao, integracao_id AS integracaoId, observada, desejada, cancelar_em IS NOT NULL AS cancelando
     FROM usuarios WHERE integracao_id IN (${list.sql}) AND impressao IN (${names.sql})`,
    { ...params, ...list.params },
    ContaRow,
  );
}
