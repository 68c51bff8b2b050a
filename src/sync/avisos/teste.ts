// *Enviar teste*: one real message through one channel, answered in plain words.
import { randomToken } from '../../crypto.ts';
import { invalid } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import type { Operador } from '../tipos.ts';
import { CANAIS, loadConfiguracao } from './configuracao.ts';
import type { Entrega } from './destino.ts';
import { sendNoticia } from './envios.ts';

/**
 * Sends a test with what is saved, whether the channel is on or off.
 * @throws Problem 422 on canal.
 */
export async function sendTeste(
  sync: Sync,
  operador: Operador,
  form: Record<string, string | undefined>,
): Promise<Entrega> {
  const canal = CANAIS.find((each) => each === form['canal']);
  if (canal === undefined) throw invalid({ canal: `Escolha ${CANAIS.join(' ou ')}.` });
  const configuracao = await loadConfiguracao(sync.db);
  const noticia = { id: `${sync.instalacao}-teste-${randomToken(6)}`, evento: 'teste' } as const;
  const entrega = await sendNoticia(sync, canal, configuracao, noticia);
  await audit(sync.db, {
    operadorId: operador.id,
    evento: 'aviso_testado',
    detalhe: { canal, ok: entrega.ok },
  });
  return entrega;
}
