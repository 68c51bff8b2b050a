// What only the partner has: living accounts in the order of their fingerprints, and what can be done about each.
import { transaction } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import { type Conhecido, findConhecidos } from './conhecidos.ts';
import type { Conhecimento } from './conhecimento.ts';
import { type Conta, pageVivas } from './contas.ts';
import { advance, type Corrida } from './corrida.ts';
import { recordAchados } from './gravacao.ts';
import type { Achado } from './tipos.ts';

const PAGE = 1_000;
const START: Pick<Conta, 'impressao' | 'remotoId'> = { impressao: Buffer.alloc(32), remotoId: '' };

/**
 * Finds accounts that are nobody's here and people with more than one. Every page writes what it found, so doing it again
 * after a death changes nothing.
 */
export async function findDesconhecidas(
  sync: Sync,
  corrida: Corrida,
  conhecimento: Conhecimento,
  isStopped: () => boolean,
): Promise<boolean> {
  for (const [integracaoId, estado] of conhecimento.listas) {
    if (estado === 'sem_lista') continue;
    let rest: Conta[] = [];
    for (let depois: Pick<Conta, 'impressao' | 'remotoId'> | undefined = START; depois !== undefined; ) {
      if (isStopped()) return false;
      const page: Conta[] = await pageVivas(sync.db, corrida.id, integracaoId, depois, PAGE);
      const last = page.at(-1);
      const groups = groupByCpf([...rest, ...page]);
      // The last group may go on with the next page.
      rest = last === undefined ? [] : (groups.pop() ?? []);
      const achados = await judgeGroups(sync, corrida, conhecimento, integracaoId, groups);
      await transaction(sync.db, async (tx) => {
        await recordAchados(tx, corrida.id, achados);
        await advance(tx, corrida, {});
      });
      depois = last;
    }
  }
  return true;
}

function groupByCpf(contas: Conta[]): Conta[][] {
  const groups: Conta[][] = [];
  for (const conta of contas) {
    const open = groups.at(-1);
    if (open?.[0]?.impressao.equals(conta.impressao)) open.push(conta);
    else groups.push([conta]);
  }
  return groups;
}

async function judgeGroups(
  sync: Sync,
  corrida: Corrida,
  conhecimento: Conhecimento,
  integracaoId: number,
  groups: Conta[][],
): Promise<Achado[]> {
  const told = groups.filter((group) => group.length > 1 || group[0]?.usuarioId === null);
  const conhecidos = await findConhecidos(
    sync.db,
    corrida.id,
    integracaoId,
    told.flatMap(([conta]) => conta ?? []),
  );
  const valorDe = ({ plano }: Conta) => conhecimento.valorDoCodigo.get(`${integracaoId}:${plano ?? ''}`);
  return told.flatMap((group) => {
    const quem = conhecidos.get(group[0]?.impressao.toString('hex') ?? '');
    // Part of a list may hide another account of the person.
    const inteira = conhecimento.listas.get(integracaoId) === 'completa';
    return (
      judgeGroup(integracaoId, group, inteira ? quem : quem && { ...quem, semConta: false }, valorDe) ?? []
    );
  });
}

function judgeGroup(
  integracaoId: number,
  group: Conta[],
  quem: Conhecido | undefined,
  valorDe: (conta: Conta) => number | undefined,
): Achado | undefined {
  const extra = group.filter(({ usuarioId }) => usuarioId === null);
  const own = group.find(({ usuarioId }) => usuarioId !== null);
  // Two usuários of ours in one CPF cannot be; an account seen twice under two ids of one usuário is told once.
  const tooMany = extra.length > 0 ? extra : group.slice(-1);
  const [conta, ...outras] = tooMany;
  if (conta === undefined) return undefined;
  const twice = group.length > 1;
  const adotavel = !twice && isAdotavel(conta, quem);
  const valores = tooMany.flatMap((each) => valorDe(each) ?? []);
  return {
    classe: twice ? 'cpf_duplicado' : 'desconhecido_aqui',
    integracaoId,
    chave: twice ? `cpf:${conta.impressao.toString('hex')}` : `conta:${conta.remotoId}`,
    usuarioId: own?.usuarioId ?? quem?.usuarioId ?? null,
    contratoId: quem?.contratoId ?? null,
    clienteId: quem?.clienteId ?? null,
    filialId: quem?.filialId ?? 0,
    remotoId: conta.remotoId,
    ixc: quem?.significado ?? null,
    nosso: own?.situacao ?? null,
    parceiro: conta.situacao,
    para: adotavel ? 'ativo' : null,
    planoId: adotavel ? (quem?.planoId ?? null) : null,
    planoParceiro: conta.plano,
    campos: [],
    valorCentavos: valores.length === 0 ? null : valores.reduce((sum, valor) => sum + valor, 0),
    // Which of two is the right one, or whose it is, only people can say.
    correcao: adotavel ? 'adotar' : null,
    desde: null,
    deFora: {
      referencia: conta.referencia,
      impressao: conta.comCpf ? conta.impressao : null,
      outras: outras.map(({ remotoId }) => remotoId),
    },
  };
}

// As long an id as a usuário can hold.
const LONGEST_ID = 64;

// Made by nobody that we could be in the way of, and exactly one person is entitled to it and has no account.
const isAdotavel = ({ referencia, comCpf, remotoId }: Conta, quem: Conhecido | undefined): boolean =>
  referencia === 'nenhuma' &&
  comCpf &&
  remotoId.length <= LONGEST_ID &&
  quem?.significado === 'ativo' &&
  quem.semConta;
