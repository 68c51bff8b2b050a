// Second side, ours, against the other two: page by page over the people whom we know.
import { z } from 'zod';
import { type Db, inList, rows, transaction } from '../../db.ts';
import { listClientes } from '../../ixc/clientes.ts';
import { type ContatoSalvo, loadContato } from '../contatos.ts';
import type { Sync } from '../contexto.ts';
import { wishOf } from '../desejo.ts';
import { IN_CARENCIA } from '../desejos.ts';
import { causa, situacao } from '../usuarios.ts';
import { type AdesaoComparada, judgePessoa, type PessoaComparada } from './classes.ts';
import type { Conhecimento } from './conhecimento.ts';
import { type Conta, contasDosUsuarios, findEstranhas } from './contas.ts';
import { advance, type Corrida } from './corrida.ts';
import { recordAchados } from './gravacao.ts';
import { fieldsThatDiffer, impressoesDoCliente } from './impressoes.ts';
import type { Achado, CampoComparado } from './tipos.ts';

const PAGE = 500;

/** Compares everybody from where it was left; each page with its progress is one transaction. */
export async function comparePessoas(
  sync: Sync,
  corrida: Corrida,
  conhecimento: Conhecimento,
  isStopped: () => boolean,
): Promise<void> {
  const contato = await loadContato(sync.db);
  for (;;) {
    if (isStopped()) return;
    const page = await listPessoas(sync.db, corrida);
    if (page.length === 0) break;
    const achados = await judgePage(sync, corrida, page, conhecimento, contato);
    await transaction(sync.db, async (tx) => {
      await recordAchados(tx, corrida.id, achados);
      await advance(tx, corrida, { ate: page.at(-1)?.id ?? 0 }, { pessoas: page.length });
    });
  }
  await advance(sync.db, corrida, { fase: 'contas', ate: 0 });
}

const desejada = z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']);
const Bool = z.coerce.number().transform((value) => value === 1);
const PessoaRow = z.object({
  id: z.number(),
  integracaoId: z.number(),
  impressao: z.instanceof(Buffer),
  observada: situacao,
  observadaEm: z.string().nullable(),
  desejada,
  planoId: z.number().nullable(),
  bloqueioManual: Bool,
  cancelarEm: z.coerce.number().nullable(),
  cancelarRegraEm: z.coerce.number().nullable(),
  emCarencia: Bool,
  retida: causa.nullable(),
  aCaminho: Bool,
  agora: z.coerce.number(),
});
type PessoaRow = z.output<typeof PessoaRow>;

// Whoever has just been asked for is not compared: the engine is on the way. One that keeps failing is.
const listPessoas = (db: Db, { ate }: Corrida): Promise<PessoaRow[]> =>
  rows(
    db,
    `SELECT id, integracao_id AS integracaoId, impressao, observada, observada_em AS observadaEm, desejada,
       desejado_plano_id AS planoId, bloqueio_manual AS bloqueioManual, UNIX_TIMESTAMP(cancelar_em) * 1000 AS cancelarEm,
       UNIX_TIMESTAMP(cancelar_regra_em) * 1000 AS cancelarRegraEm, ${IN_CARENCIA} AS emCarencia, retida,
       trabalho = 1 AND retida IS NULL AND falhas = 0 AND conferir_em IS NULL AS aCaminho,
       UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agora
     FROM usuarios WHERE id > :ate ORDER BY id LIMIT ${PAGE}`,
    { ate },
    PessoaRow,
  );

const AdesaoRow = z.object({
  usuarioId: z.number(),
  contratoId: z.number(),
  clienteId: z.number(),
  filialId: z.number(),
  significado: z.enum(['ativo', 'bloqueado', 'cancelar', 'esperar', 'perguntar']),
  planoId: z.number().nullable(),
  planoOrigem: z.enum(['contrato', 'adicional', 'plano', 'plano_de_venda', 'operador']),
  ausencias: z.number(),
  lidoEm: z.string().nullable(),
});
type AdesaoRow = z.output<typeof AdesaoRow>;

function listAdesoesLidas(db: Db, usuarioIds: readonly number[]): Promise<AdesaoRow[]> {
  const list = inList('usuario', usuarioIds);
  return rows(
    db,
    `SELECT usuario_id AS usuarioId, contrato_id AS contratoId, COALESCE(lido_cliente_id, cliente_id) AS clienteId,
       filial_id AS filialId, COALESCE(lido_significado, significado) AS significado,
       COALESCE(lido_plano_id, plano_id) AS planoId, COALESCE(lido_plano_origem, plano_origem) AS planoOrigem, ausencias,
       lido_em AS lidoEm
     FROM adesoes WHERE vigente IS NOT NULL AND usuario_id IN (${list.sql}) ORDER BY id`,
    list.params,
    AdesaoRow,
  );
}

async function judgePage(
  sync: Sync,
  corrida: Corrida,
  page: PessoaRow[],
  conhecimento: Conhecimento,
  contato: ContatoSalvo,
): Promise<Achado[]> {
  const ids = page.map(({ id }) => id);
  const [adesoes, contas] = await Promise.all([
    listAdesoesLidas(sync.db, ids),
    contasDosUsuarios(sync.db, corrida.id, ids),
  ]);
  const porUsuario = groupBy(adesoes);
  const estranhas = await findEstranhasDe(sync, corrida, page, contas);
  const clientes = await readClientes(sync, adesoes, contas, contato);
  return page.flatMap((pessoa) => {
    const lista = conhecimento.listas.get(pessoa.integracaoId);
    if (lista === undefined || lista === 'sem_lista') return [];
    const own = porUsuario.get(pessoa.id) ?? [];
    const conta = contas.get(pessoa.id);
    const comparada = compared(pessoa, own, corrida, conta);
    const { planoId } = comparada.deveSer;
    return judgePessoa({
      pessoa: comparada,
      conta,
      listaCompleta: lista === 'completa',
      estranha: estranhas.has(`${pessoa.integracaoId}:${pessoa.impressao.toString('hex')}`),
      planoCodigo: planoId === null ? null : (conhecimento.codigoDoPlano.get(planoId) ?? null),
      valorDoPlano: planoId === null ? null : (conhecimento.valorDoPlano.get(planoId) ?? null),
      valorLa: conhecimento.valorDoCodigo.get(`${pessoa.integracaoId}:${conta?.plano ?? ''}`) ?? null,
      campos: conta === undefined ? [] : differences(pessoa, own, conta, clientes),
      pode: conhecimento.pode.get(pessoa.integracaoId) ?? { trocarPlano: false, atualizar: false },
    });
  });
}

function compared(
  pessoa: PessoaRow,
  adesoes: AdesaoRow[],
  { comecouEm }: Corrida,
  conta: Conta | undefined,
): PessoaComparada {
  const { bloqueioManual, cancelarEm, cancelarRegraEm, emCarencia, planoId } = pessoa;
  const ordens = { bloqueioManual, cancelarEm, cancelarRegraEm, emCarencia };
  const atual = { desejada: pessoa.desejada, planoId, retida: null };
  // Without an adesão nothing but the orders says what should be.
  const deveSer = wishOf(adesoes, ordens, atual, pessoa.agora);
  // What was confirmed after the page was asked for, or while the list was being read, is newer than the list.
  const since = conta?.lidaEm ?? comecouEm;
  return {
    id: pessoa.id,
    integracaoId: pessoa.integracaoId,
    observada: pessoa.observada,
    observadaEm: pessoa.observadaEm,
    desejada: pessoa.desejada,
    cancelamentoPedido: cancelarEm !== null,
    retida: pessoa.retida,
    mexida: pessoa.aCaminho || (pessoa.observadaEm !== null && pessoa.observadaEm > since),
    deveSer,
    adesoes: adesoes satisfies AdesaoComparada[],
  };
}

type Clientes = ReadonlyMap<number, ReturnType<typeof impressoesDoCliente>>;

// Only clients whose account can be compared are read.
async function readClientes(
  sync: Sync,
  adesoes: AdesaoRow[],
  contas: ReadonlyMap<number, Conta>,
  contato: ContatoSalvo,
): Promise<Clientes> {
  const ids = adesoes.filter(({ usuarioId }) => contas.has(usuarioId)).map(({ clienteId }) => clienteId);
  const clientes = await listClientes(sync.ixc, [...new Set(ids)]);
  return new Map(clientes.map((cliente) => [cliente.id, impressoesDoCliente(sync, cliente, contato)]));
}

function differences(
  pessoa: PessoaRow,
  adesoes: AdesaoRow[],
  conta: Conta,
  clientes: Clientes,
): CampoComparado[] {
  const own = adesoes.flatMap(({ clienteId }) => clientes.get(clienteId) ?? []);
  const campos: CampoComparado[] = fieldsThatDiffer(conta, own);
  return conta.comCpf && !conta.impressao.equals(pessoa.impressao) ? [...campos, 'cpf'] : campos;
}

async function findEstranhasDe(
  sync: Sync,
  corrida: Corrida,
  page: PessoaRow[],
  contas: ReadonlyMap<number, Conta>,
): Promise<Set<string>> {
  const missing = page.filter(({ id }) => !contas.has(id));
  const found = new Set<string>();
  for (const integracaoId of new Set(missing.map((each) => each.integracaoId))) {
    const impressoes = missing
      .filter((each) => each.integracaoId === integracaoId)
      .map(({ impressao }) => impressao);
    for (const hex of await findEstranhas(sync.db, corrida.id, integracaoId, impressoes))
      found.add(`${integracaoId}:${hex}`);
  }
  return found;
}

function groupBy(adesoes: AdesaoRow[]): Map<number, AdesaoRow[]> {
  const groups = new Map<number, AdesaoRow[]>();
  for (const adesao of adesoes) {
    const known = groups.get(adesao.usuarioId);
    if (known) known.push(adesao);
    else groups.set(adesao.usuarioId, [adesao]);
  }
  return groups;
}
