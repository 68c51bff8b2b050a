// “Por que está assim?”: facts become steps in the order in which they decide, in words. Pure: nothing is guessed.
import { aboutContas } from './conta.ts';
import { aboutContratos } from './contratos.ts';
import { aboutDecisoes } from './decisoes.ts';
import { aboutRegras } from './regras.ts';
import { aboutSoma } from './soma.ts';
import type { Fatos, Parte } from './tipos.ts';

/** The parts of an explanation: what IXC says, the rules, how contracts add up, orders, decisions, the account. */
export const explain = (fatos: Fatos): Parte[] =>
  [
    { titulo: 'O que o IXC diz', passos: aboutContratos(fatos) },
    { titulo: 'Qual regra vale', passos: aboutRegras(fatos) },
    { titulo: 'Como os contratos e as ordens se somam', passos: aboutSoma(fatos) },
    { titulo: 'O que foi decidido sobre a mudança', passos: aboutDecisoes(fatos) },
    { titulo: 'Como está a conta', passos: aboutContas(fatos) },
  ].filter(({ passos }) => passos.length > 0);
