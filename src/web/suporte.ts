// “Para o suporte”: one contract's whole story as a file to send, without personal data.
import type { Contrato } from '../ixc/tipos.ts';
import { audit } from '../sync/auditoria.ts';
import { bundleOf } from '../sync/suporte.ts';
import { findUsuarioDoContrato } from '../sync/usuarios.ts';
import type { Exchange } from './exchange.ts';

/** `GET /contratos/:id/suporte.txt`. Taking it away is a recorded act. */
export async function downloadSuporte(exchange: Exchange, contrato: Contrato): Promise<void> {
  const { sync, operador, res, web } = exchange;
  const usuario = await findUsuarioDoContrato(sync.db, contrato.id, operador.filiais);
  const texto = await bundleOf(sync, operador.filiais, contrato, usuario, web.versao);
  await audit(sync.db, {
    operadorId: operador.id,
    evento: 'suporte_exportado',
    filialId: contrato.filialId ?? 0,
    usuarioId: usuario?.id ?? null,
    contratoId: contrato.id,
  });
  res.type('text/plain').attachment(`suporte-contrato-${contrato.id}.txt`).send(texto);
}
