// The third part: how what the contracts say and what people ordered become what the account should be (decisions 2). Pure.
import { strongestOf } from '../desejo.ts';
import type { Significado, Usuario } from '../tipos.ts';
import { DE_ONDE, DEVE_SER, dia, diaDoMomento, FAZ, list } from './palavras.ts';
import type { AdesaoLida, Fatos, Passo } from './tipos.ts';

/** Contracts, plano, orders, carência, prazo, and the wish they make. Empty for a contract without usuário. */
export function aboutSoma(fatos: Fatos): Passo[] {
  const { usuario } = fatos;
  if (usuario === undefined) return [];
  const adesoes = fatos.contratos.flatMap(({ adesao }) => (adesao === null ? [] : [adesao]));
  return [
    ...sumOf(adesoes, usuario),
    ...planoOf(adesoes),
    ...ordersOf(fatos),
    {
      texto: `Por isso a conta deve ficar ${DEVE_SER[usuario.desejada]}${usuario.desejadoPlanoNome && usuario.desejada === 'ativo' ? `, no plano “${usuario.desejadoPlanoNome}”` : ''}.`,
      tom: 'certo',
      id: `usuario-${usuario.id}`,
    },
  ];
}

function sumOf(adesoes: AdesaoLida[], usuario: Usuario): Passo[] {
  const raiz = `usuario-${usuario.id}`;
  const elsewhere = elsewhereOf(usuario, raiz);
  if (adesoes.length === 0) {
    if (elsewhere.length > 0) return elsewhere;
    return [{ texto: 'Nenhum contrato dá direito a esta conta agora.', tom: 'atencao', id: raiz }];
  }
  const strongest = strongestOf(adesoes);
  const decide = adesoes.filter(({ significado }) => significado === strongest);
  const ids = decide.map(({ contratoId }) => contratoId);
  const id = decide[0] ? `adesao-${decide[0].id}` : '';
  if (strongest === undefined) {
    return [
      {
        texto: 'Todos os contratos mandam esperar ou perguntar: a conta fica como estava.',
        tom: 'neutro',
        id: raiz,
      },
      ...elsewhere,
    ];
  }
  if (adesoes.length === 1)
    return [
      {
        texto: `${elsewhere.length === 0 ? 'Há um só contrato em vigor' : 'Nas suas filiais há um contrato em vigor'}, ${list(ids)}: ele ${FAZ[strongest]}.`,
        tom: 'neutro',
        id,
      },
      ...elsewhere,
    ];
  const each = adesoes.map(({ contratoId, significado }) => `${contratoId} ${FAZ[significado]}`).join('; ');
  return [
    { texto: `São ${adesoes.length} contratos em vigor: ${each}.`, tom: 'neutro', id: raiz },
    {
      texto: `Vale o que mais favorece a pessoa: ${winner(strongest)}, ${ids.length === 1 ? 'pelo contrato' : 'pelos contratos'} ${list(ids)}.`,
      tom: 'neutro',
      id,
    },
    ...elsewhere,
  ];
}

const elsewhereOf = ({ outrasFiliais }: Usuario, id: string): Passo[] =>
  outrasFiliais === 0
    ? []
    : [
        {
          texto: `${outrasFiliais === 1 ? 'Um contrato' : `${outrasFiliais} contratos`} desta pessoa em outra filial também ${outrasFiliais === 1 ? 'conta' : 'contam'}, e vale o que mais a favorece.`,
          tom: 'atencao',
          id,
        },
      ];

const winner = (strongest: Significado): string =>
  strongest === 'ativo' ? 'dar direito' : strongest === 'bloqueado' ? 'só bloquear' : 'cancelar';

function planoOf(adesoes: AdesaoLida[]): Passo[] {
  const strongest = strongestOf(adesoes);
  return adesoes
    .filter(({ significado, planoNome }) => significado === strongest && planoNome !== null)
    .map((adesao) => ({
      texto: `Pelo contrato ${adesao.contratoId}, o plano é “${adesao.planoNome}” (${DE_ONDE[adesao.planoOrigem]}).`,
      tom: 'neutro' as const,
      id: `adesao-${adesao.id}`,
    }));
}

function ordersOf({ usuario, datas, atos }: Fatos): Passo[] {
  const passos: Passo[] = [];
  const say = (texto: string, evento: string[], fallback: string): void => {
    const ato = evento.flatMap((each) => atos.get(each) ?? []).sort((a, b) => b.id - a.id)[0];
    const motivo = ato?.motivo ? `: “${ato.motivo}”` : '';
    passos.push(
      ato === undefined
        ? { texto: `${texto}. Não há registro de quem pediu.`, tom: 'atencao', id: fallback }
        : {
            texto: `${texto}${motivo}`,
            tom: 'atencao',
            id: `pedido-${ato.id}`,
            operadorId: ato.operadorId,
            em: ato.em,
          },
    );
  };
  const raiz = `usuario-${usuario?.id}`;
  if (usuario?.bloqueioManual)
    say('Uma pessoa pediu o bloqueio', ['bloqueio_pedido', 'outra_pessoa', 'descarte'], raiz);
  if (usuario?.cancelarEm) {
    say(
      `Uma pessoa pediu o cancelamento para ${diaDoMomento(usuario.cancelarEm)}`,
      ['cancelamento_pedido', 'cancelamento_no_prazo_pedido'],
      raiz,
    );
  }
  if (datas?.carencia) {
    say(`Há carência até ${dia(datas.carencia.ate)}: nada automático bloqueia`, ['carencia_dada'], raiz);
  }
  if (passos.length === 0)
    passos.push({ texto: 'Nenhuma ordem de pessoa e nenhuma carência em vigor.', tom: 'neutro', id: raiz });
  if (datas?.cancelarRegraEm) {
    passos.push({
      texto: `O prazo de cancelamento termina em ${diaDoMomento(datas.cancelarRegraEm)}: até lá bloqueia, depois cancela.`,
      tom: 'atencao',
      id: raiz,
    });
  }
  return passos;
}
