// `tele-clinica aplicar`, called by the version before during an upgrade: this version's own steps, without starting anything.
import { requestPrevia } from '../sync/lotes/previa.ts';
import { holdNextRun } from '../sync/varredura/regime.ts';
import { openBanco, ownUrl } from './banco.ts';
import { apply } from './instalacao.ts';
import type { Obra } from './obra.ts';
import { planAll } from './passos/lista.ts';
import type { Dadas } from './respostas.ts';

/** Brings files, rights and schema to this version, and makes its first run one that only suggests. */
export async function aplicar(obra: Obra, dadas: Dadas): Promise<void> {
  await apply(obra, await planAll(obra), dadas);
  const banco = await openBanco(ownUrl(obra.respostas, obra.senhas.nosso), 'a conta do plugin');
  try {
    await holdNextRun(banco.pool);
    await requestPrevia(banco.pool, null);
  } finally {
    await banco.end();
  }
}
