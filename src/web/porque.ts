// “Por que está assim?”: read only when somebody asks, since it costs a dozen questions to both databases.
import type { Contrato } from '../ixc/tipos.ts';
import { explain } from '../sync/porque/explicacao.ts';
import { readFatos } from '../sync/porque/fatos.ts';
import type { Usuario } from '../sync/tipos.ts';
import { findUsuarioDoContrato } from '../sync/usuarios.ts';
import type { Exchange } from './exchange.ts';
import { type Locals, render } from './render.ts';
import { contextOf } from './usuario.ts';

const FRAGMENTO = 'usuarios/_porque';

/** `GET /usuarios/:id/porque`: the explanation alone, for the panel; as a page without htmx. */
export async function showPorqueDoUsuario(exchange: Exchange, usuario: Usuario): Promise<void> {
  const porque = await porqueLocals(exchange, usuario);
  const view = {
    pagina: 'usuarios/porque',
    fragmento: FRAGMENTO,
    titulo: `Por que o usuário ${usuario.id} está assim?`,
  };
  render(exchange, view, { usuario, contrato: undefined, ...contextOf(exchange, usuario), porque });
}

/** `GET /contratos/:id/porque`: the same for a contract, whether it has a usuário or not. */
export async function showPorqueDoContrato(exchange: Exchange, contrato: Contrato): Promise<void> {
  const usuario = await findUsuarioDoContrato(exchange.sync.db, contrato.id, exchange.operador.filiais);
  const porque = await porqueLocals(exchange, usuario, contrato);
  const view = {
    pagina: 'usuarios/porque',
    fragmento: FRAGMENTO,
    titulo: `Por que o contrato ${contrato.id} está assim?`,
  };
  render(exchange, view, { usuario, contrato, contratoId: contrato.id, porque });
}

/** Locals of `usuarios/_porque`, with the names of whoever is in it. */
export async function porqueLocals(
  exchange: Exchange,
  usuario: Usuario | undefined,
  contrato?: Contrato,
): Promise<Locals> {
  const { sync, operador, web } = exchange;
  const partes = explain(await readFatos(sync, operador.filiais, usuario, contrato));
  const operadores = partes.flatMap(({ passos }) => passos).flatMap(({ operadorId }) => operadorId ?? []);
  return { partes, nomes: await web.direitos.namesOf(operadores), lidoEm: new Date().toISOString() };
}
