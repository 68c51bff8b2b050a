// What becomes of each change a run found: done, suggested, held by the brake, or only watched. Pure.
import { type ModoSalvo, modoFor } from '../modos.ts';
import type { Acao } from '../tipos.ts';
import { judge, type Passado } from './freio.ts';
import type { Mudanca } from './mudancas.ts';

export interface Retencao {
  acao: Acao;
  motivo: string;
  limite: number;
  mudancas: Mudanca[];
}

export interface Decisao {
  aplicar: Mudanca[];
  sugerir: Mudanca[];
  reter: Retencao[];
  observar: Mudanca[];
}

/**
 * Sorts the changes of one run. `aceito` = somebody has decided on a run under the present rules; before that nothing
 * is done by itself. The brake looks at every kind of change in each branch and in all together: what is abnormal in a
 * branch is held there, what is abnormal in all is held everywhere.
 */
export function decide(
  mudancas: Mudanca[],
  modos: ModoSalvo[],
  aceito: boolean,
  passado: (acao: Acao, filialId?: number) => Passado,
): Decisao {
  const decisao: Decisao = { aplicar: [], sugerir: [], reter: [], observar: [] };
  const automatic = new Map<Acao, Mudanca[]>();
  for (const mudanca of mudancas) {
    const modo = modoFor(modos, mudanca.acao, mudanca.filialId);
    if (modo === 'observar') decisao.observar.push(mudanca);
    else if (modo === 'sugerir' || !aceito) decisao.sugerir.push(mudanca);
    else automatic.set(mudanca.acao, [...(automatic.get(mudanca.acao) ?? []), mudanca]);
  }
  for (const [acao, list] of automatic) {
    const held = brake(acao, list, passado);
    if (held) decisao.reter.push(held);
    const stopped = new Set(held?.mudancas);
    decisao.aplicar.push(...list.filter((each) => !stopped.has(each)));
  }
  return decisao;
}

function brake(
  acao: Acao,
  mudancas: Mudanca[],
  passado: (acao: Acao, filialId?: number) => Passado,
): Retencao | undefined {
  const all = judge(acao, mudancas.length, passado(acao));
  if (all.retem) return { acao, motivo: all.motivo, limite: all.limite, mudancas };
  const held: Retencao[] = [];
  for (const filialId of new Set(mudancas.map((each) => each.filialId))) {
    const asked = mudancas.filter((each) => each.filialId === filialId);
    const { retem, motivo, limite } = judge(acao, asked.length, passado(acao, filialId));
    if (retem) held.push({ acao, motivo: `${motivo} na filial ${filialId}`, limite, mudancas: asked });
  }
  const [first] = held;
  return (
    first && {
      ...first,
      motivo: held.map(({ motivo }) => motivo).join('; '),
      mudancas: held.flatMap((each) => each.mudancas),
    }
  );
}
