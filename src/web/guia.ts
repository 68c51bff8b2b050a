// The visual guide: every part of the screens in every state, drawn from made-up facts and no clock, so that it can be photographed.
import type { Exchange } from './exchange.ts';
import { formLocals, render } from './render.ts';

const ERROS = { confirmacao: 'Digite o número de um contrato desta pessoa.' };
const VALORES = {
  nome: 'Tele Clínica Matriz',
  ambiente: 'simulador',
  motivo: 'Mudou de cidade',
  confirmacao: '99',
};

/** `GET /guia` */
export async function showGuia(exchange: Exchange): Promise<void> {
  render(exchange, { pagina: 'guia/index', titulo: 'Guia visual' }, formLocals(VALORES, ERROS));
}
