// What the Painel tells of divergências and of how it went: classes with their money, what came and went, how long it takes.
import { findComparacoes } from '../sync/divergencias/comparacoes.ts';
import { countClasses, type TotalDaClasse } from '../sync/divergencias/divergencias.ts';
import { HOJE } from '../sync/hoje.ts';
import { readMovimento } from '../sync/movimento.ts';
import type { Pendencia } from '../sync/pendencias.ts';
import { CLASSE } from './divergenciasTexto.ts';
import type { Exchange } from './exchange.ts';
import { dia, mesPorExtenso } from './formato.ts';
import { drawColunas } from './graficoDeColunas.ts';
import { drawBarras, drawLinha } from './graficos.ts';
import type { Locals } from './render.ts';

const WIDE = { largura: 640, altura: 170 };
const NARROW = { largura: 320, altura: 150 };

/** Locals of `painel/_divergencias` and `painel/_movimento`. */
export async function movimentoLocals({
  sync,
  operador,
}: Exchange): Promise<Locals & { pagos: Pendencia[] }> {
  const { filiais } = operador;
  const [classes, { ultima, emAndamento }, { meses, tempos, dias }] = await Promise.all([
    countClasses(sync.db, filiais),
    findComparacoes(sync.db),
    readMovimento(sync.db, filiais, HOJE.format()),
  ]);
  const pares = meses.map((each) => ({
    ...each,
    curto: mesPorExtenso(each.mes).slice(0, 3),
    rotulo: mesPorExtenso(each.mes),
  }));
  const pontos = dias.map((each) => ({
    ...each,
    curto: dia(each.dia).slice(0, 5),
    rotulo: dia(each.dia),
    valor: each.p95 === null ? null : Math.round(each.p95),
  }));
  return {
    pagos: classes.filter(({ classe }) => classe === 'pago_bloqueado').map(ofPagos),
    divergencias: {
      ultima,
      emAndamento,
      total: classes.reduce((sum, { total }) => sum + total, 0),
      emJogo: classes.reduce((sum, { valor }) => sum + valor, 0),
      classes: drawBarras(
        classes.map(({ classe, total, valor }) => ({
          classe,
          rotulo: CLASSE[classe].nome,
          tom: CLASSE[classe].tom,
          valor: total,
          emJogo: valor,
        })),
      ),
    },
    movimento: {
      pares,
      novas: pares.reduce((sum, { novas }) => sum + novas, 0),
      canceladas: pares.reduce((sum, { canceladas }) => sum + canceladas, 0),
      larga: drawColunas(pares, WIDE),
      estreita: drawColunas(pares, NARROW),
    },
    tempos: {
      ...tempos,
      pontos,
      leitura: segundos(sync.config.varreduraMs / 1000),
      completa: segundos(sync.config.varreduraCompletaMs / 1000),
      larga: pontos.length > 1 ? drawLinha(pontos, WIDE) : undefined,
      estreita: pontos.length > 1 ? drawLinha(pontos, NARROW) : undefined,
    },
    segundos,
  };
}

// Who pays and is kept out does not wait for anybody to open the list.
const ofPagos = ({ total }: TotalDaClasse): Pendencia => ({
  tipo: 'divergencia',
  precisa: true,
  titulo: CLASSE.pago_bloqueado.nome,
  texto: 'O contrato dá direito e a conta está bloqueada na Tele Clínica: desbloqueie.',
  total,
  caminho: '/divergencias?classe=pago_bloqueado',
});

/** A time as people read it: `0,4 s`, `12 s`, `3 min`. */
export function segundos(value: number | null): string {
  if (value === null) return '—';
  if (value >= 90) return `${Math.round(value / 60)} min`;
  return `${value < 10 && !Number.isInteger(value) ? value.toFixed(1).replace('.', ',') : Math.round(value)} s`;
}
