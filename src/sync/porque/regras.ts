// The second part: for each contract the rule that its status meets, whose it is, and what it makes of the account. Pure.
import { describeAcesso, describeStatus } from '../../ixc/status.ts';
import type { Contrato } from '../../ixc/tipos.ts';
import { ACESSO, cellOf, meaningOf, meaningOfCell, REGRAS_PADRAO, STATUS } from '../regras.ts';
import type { Significado } from '../tipos.ts';
import { FAZ } from './palavras.ts';
import type { AdesaoLida, Fatos, FatosDoContrato, Passo } from './tipos.ts';

/** One rule for every contract that can be read, and where it differs from what is in force. */
export const aboutRegras = (fatos: Fatos): Passo[] =>
  fatos.contratos.flatMap((each) => {
    if (each.contrato === null) return [];
    const now = meaningNow(each, fatos);
    return [
      ruleOf(each.contrato, fatos),
      ...exceptions(each, each.contrato, fatos, now),
      ...inForce(each.adesao, now),
    ];
  });

/** What the rules make of the contract now, products included; undefined when it cannot be read. */
export function meaningNow(
  { contrato, adesao, vinculos }: FatosDoContrato,
  { regras, hoje }: Pick<Fatos, 'regras' | 'hoje'>,
): Significado {
  if (contrato === null) return adesao?.significado ?? 'esperar';
  const meaning = meaningOf(contrato, regras, hoje);
  if (adesao?.planoOrigem === 'operador') return meaning;
  const strongest = vinculos.filter(({ origem }) => origem === vinculos[0]?.origem);
  if (new Set(strongest.map(({ planoNome }) => planoNome)).size > 1) return 'perguntar';
  return vinculos.length === 0 && meaning === 'ativo' && adesao !== null ? 'cancelar' : meaning;
}

function ruleOf(contrato: Contrato, { regras, regrasMudadas }: Fatos): Passo {
  const { status } = contrato;
  const acesso = acessoOf(contrato);
  const cell = cellOf(status, acesso);
  const pair = `“${describeStatus(status)}” com acesso “${describeAcesso(acesso)}”`;
  const known = isKnown(STATUS, status) && (status !== 'A' || isKnown(ACESSO, acesso));
  if (!known) {
    return {
      texto: `Contrato ${contrato.id}: a situação ${pair} não é conhecida. Um código desconhecido nunca muda nada; pergunta a uma pessoa.`,
      tom: 'atencao',
      id: `regra-${cell}`,
    };
  }
  const texto = `Contrato ${contrato.id}: a regra para ${pair} ${FAZ[meaningOfCell(status, acesso, regras)]}`;
  if (!regras.has(cell)) return { texto: `${texto}. É a regra padrão.`, tom: 'neutro', id: `regra-${cell}` };
  const by = regrasMudadas.get(cell);
  const standard = `o padrão ${FAZ[meaningOfCell(status, acesso, REGRAS_PADRAO)]}`;
  if (by === undefined) {
    return {
      texto: `${texto}. Foi mudada (${standard}); não há registro de quem mudou.`,
      tom: 'neutro',
      id: `regra-${cell}`,
    };
  }
  return {
    texto: `${texto}. Foi mudada (${standard})`,
    tom: 'neutro',
    id: `regra-${cell}`,
    operadorId: by.operadorId,
    em: by.em,
  };
}

const acessoOf = ({ statusInternet, tipo }: Contrato): string =>
  statusInternet === '' && tipo === 'SVA' ? 'A' : statusInternet;

const isKnown = (known: readonly string[], code: string): boolean => known.includes(code);

// What goes over the cell: SVA without access, suspension, IXC's own shields, products.
function exceptions(
  { id, vinculos, adesao }: FatosDoContrato,
  contrato: Contrato,
  { regras, hoje }: Fatos,
  now: Significado,
): Passo[] {
  const passos: Passo[] = [];
  const say = (texto: string): void => {
    passos.push({ texto, tom: 'atencao', id: `contrato-${id}` });
  };
  if (contrato.statusInternet === '' && contrato.tipo === 'SVA')
    say(`O contrato ${id} é do tipo SVA e não tem acesso próprio: o acesso vazio conta como ativo.`);
  const cell = meaningOfCell(contrato.status, acessoOf(contrato), regras);
  const meaning = meaningOf(contrato, regras, hoje);
  if (contrato.status === 'A' && contrato.suspenso && cell !== 'bloqueado')
    say(`Por estar suspenso, o contrato ${id} bloqueia, seja qual for a regra.`);
  if (meaning === 'ativo' && cell === 'bloqueado')
    say(`A proteção do IXC vale mais que a regra: o contrato ${id} dá direito enquanto ela durar.`);
  if (now === 'perguntar' && meaning !== 'perguntar')
    say(`Os produtos do contrato ${id} apontam para mais de um plano: uma pessoa precisa escolher.`);
  if (vinculos.length === 0 && adesao !== null && adesao.planoOrigem !== 'operador' && meaning === 'ativo')
    say(`Sem vínculo, o contrato ${id} deixa de dar direito: vale como cancelado, com o prazo.`);
  return passos;
}

function inForce(adesao: AdesaoLida | null, now: Significado): Passo[] {
  if (adesao === null || adesao.significado === now) return [];
  return [
    {
      texto: `Em vigor nesta conta está outra coisa: que o contrato ${adesao.contratoId} ${FAZ[adesao.significado]}. Veja abaixo o que foi decidido sobre a mudança.`,
      tom: 'atencao',
      id: `adesao-${adesao.id}`,
    },
  ];
}
