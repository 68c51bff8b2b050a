// The doctor on IXC's side, with no more rights than the plugin itself has: columns, types, grants, codes, the other controller.
import { z } from 'zod';
import { row, rows } from '../../db.ts';
import { countStatus } from '../../ixc/base.ts';
import { findMissingColumns, readManifest } from '../../ixc/colunas.ts';
import { compareEstrutura } from '../../ixc/estrutura.ts';
import { compareGrants } from '../../ixc/grants.ts';
import { countNativos, countNomesTrocados } from '../../ixc/sinais.ts';
import { isKnownAcesso, isKnownStatus } from '../../ixc/status.ts';
import { aviso, type Checagem, falha, fewOf, ok, type Paciente, type Resultado } from './linha.ts';

export const DO_IXC: readonly Checagem[] = [
  ['banco do IXC', checkColumns],
  ['tipos das colunas', checkTypes],
  ['direitos no IXC', checkGrants],
  ['situações dos contratos', checkCodes],
  ['nomes no IXC', checkNames],
  ['outro controlador', checkController],
];

async function checkColumns({ ixc }: Paciente): Promise<Resultado> {
  const missing = await findMissingColumns(ixc, readManifest());
  if (missing.length === 0) return ok('todas as colunas do manifest.json podem ser lidas');
  return falha(
    `sem acesso a ${fewOf(missing)}: rode tele-clinica instalar de novo, que refaz os GRANTs; se a coluna não existe mais, pare os envios e peça a versão do plugin para este IXC`,
  );
}

async function checkTypes({ ixc }: Paciente): Promise<Resultado> {
  const found = await compareEstrutura(ixc);
  const say = (each: (typeof found)[number]) => `${each.coluna} é ${each.achado}, esperado ${each.esperado}`;
  const grave = found.filter((each) => each.grave);
  if (grave.length > 0)
    return falha(`${fewOf(grave.map(say))}: pare os envios e peça a versão do plugin para este IXC`);
  if (found.length > 0) return aviso(`${fewOf(found.map(say))}: lê-se igual, mas avise quem fez o plugin`);
  return ok('iguais aos que o plugin conhece');
}

// Too many rights are as wrong as too few: a user that could write IXC is a danger even if we never do.
async function checkGrants({ ixc, config }: Paciente): Promise<Resultado> {
  const grants = await rows(ixc, 'SHOW GRANTS', {}, z.record(z.string(), z.string()));
  const { conta, banco } = await row(
    ixc,
    'SELECT CURRENT_USER() AS conta, DATABASE() AS banco',
    {},
    z.object({ conta: z.string(), banco: z.string() }),
  );
  const at = conta.lastIndexOf('@');
  const account = { user: conta.slice(0, at), host: conta.slice(at + 1) };
  const lines = grants.flatMap((grant) => Object.values(grant));
  const { faltam, sobram, consertos } = compareGrants(readManifest(), banco, account, lines);
  if (faltam.length + sobram.length === 0) return ok('só leitura, exatamente as colunas do manifest.json');
  const what = [
    ...(sobram.length === 0 ? [] : [`pode mais que o preciso: ${fewOf(sobram, 3)}`]),
    ...(faltam.length === 0 ? [] : [`não lê ${fewOf(faltam, 3)}`]),
  ];
  return falha(
    `${new URL(config.ixcDatabaseUrl).username} ${what.join('; ')}. O DBA roda: ${consertos.join('; ')}`,
  );
}

async function checkCodes({ ixc }: Paciente): Promise<Resultado> {
  const cells = await countStatus(ixc);
  const total = cells.reduce((sum, cell) => sum + cell.total, 0);
  if (total === 0) return falha('nenhum contrato à vista: confira IXC_DATABASE_URL; nada será enviado assim');
  const strange = cells.filter(
    ({ status, statusInternet }) =>
      (status !== '' && !isKnownStatus(status)) || (statusInternet !== '' && !isKnownAcesso(statusInternet)),
  );
  if (strange.length === 0) return ok(`${total} contratos, todos em situações conhecidas`);
  const list = strange.map(
    (cell) => `${cell.status || 'vazio'}/${cell.statusInternet || 'vazio'} em ${cell.total}`,
  );
  return aviso(
    `códigos que o plugin não conhece: ${fewOf(list)}. Nada é feito com eles; diga o que significam em Sincronização → Regras`,
  );
}

async function checkNames({ ixc }: Paciente): Promise<Resultado> {
  const { olhados, trocados } = await countNomesTrocados(ixc);
  if (trocados * 20 <= olhados) return ok(`${trocados} de ${olhados} nomes recentes com letras trocadas`);
  return aviso(
    `${trocados} de ${olhados} nomes recentes têm letras trocadas (“Ã£”): o plugin conserta os que pode; corrija a carga que os gravou`,
  );
}

async function checkController({ ixc, db }: Paciente): Promise<Resultado> {
  const { total, contratos } = await countNativos(ixc);
  if (total === 0) return ok('o módulo SVA do próprio IXC não cuida de ninguém');
  const list = contratos.length === 0 ? 'NULL' : contratos.join(', ');
  const { ambos } = await row(
    db,
    `SELECT COUNT(DISTINCT contrato_id) AS ambos FROM adesoes WHERE vigente IN (${list})`,
    {},
    z.object({ ambos: z.coerce.number() }),
  );
  if (ambos === 0) return ok(`o SVA do IXC cuida de ${total} contratos, nenhum deles nosso`);
  return aviso(
    `o SVA do IXC e este plugin cuidam dos mesmos ${ambos} contratos: deixe cada produto com um só dos dois`,
  );
}
