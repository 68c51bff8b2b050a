// The doctor on our own side: schema, durability, clocks, letters, the queue, room on disk, versions.
import { statfsSync } from 'node:fs';
import { z } from 'zod';
import { type Db, row } from '../../db.ts';
import { pendingMigrations } from '../../migrate.ts';
import { loadPerfisInstalados } from '../contexto.ts';
import { aviso, type Checagem, falha, ok, type Paciente, type Resultado } from './linha.ts';

export const NOSSAS: readonly Checagem[] = [
  ['versões', checkVersions],
  ['perfis', async () => ok([...loadPerfisInstalados().keys()].join(', '))],
  ['nosso banco', checkSchema],
  ['durabilidade', checkDurability],
  ['relógio', checkClock],
  ['letras', checkLetters],
  ['fila', checkQueue],
  ['disco', checkDisk],
];

async function checkVersions({ db, ixc, versao }: Paciente): Promise<Resultado> {
  const [ours, theirs] = await Promise.all([versionOf(db), versionOf(ixc)]);
  return ok(`plugin ${versao}, Node ${process.versions.node}, nosso banco ${ours}, banco do IXC ${theirs}`);
}

const versionOf = async (db: Db): Promise<string> =>
  (await row(db, 'SELECT VERSION() AS versao', {}, z.object({ versao: z.string() }))).versao;

async function checkSchema({ db }: Paciente): Promise<Resultado> {
  const pending = await pendingMigrations(db);
  if (pending.length === 0) return ok('em dia');
  return falha(`faltam ${pending.join(', ')}: reinicie o serviço, ou rode npm run migrate`);
}

// What a click was told is done must survive a power cut.
async function checkDurability({ db }: Paciente): Promise<Resultado> {
  const found = await row(
    db,
    `SELECT @@innodb_flush_log_at_trx_commit AS flush, @@innodb_doublewrite AS doublewrite, @@log_bin AS binlog,
       @@sync_binlog AS syncBinlog`,
    {},
    z.object({
      flush: z.coerce.number(),
      doublewrite: z.coerce.string(),
      binlog: z.coerce.number(),
      syncBinlog: z.coerce.number(),
    }),
  );
  const wrong = [
    ...(found.flush === 1 ? [] : [`innodb_flush_log_at_trx_commit = ${found.flush} (use 1)`]),
    ...(/^(1|ON|DETECT)/i.test(found.doublewrite) ? [] : ['innodb_doublewrite desligado (use ON)']),
    ...(found.binlog === 0 || found.syncBinlog === 1 ? [] : [`sync_binlog = ${found.syncBinlog} (use 1)`]),
  ];
  if (wrong.length === 0) return ok('cada gravação vai ao disco');
  return aviso(`uma queda de energia pode perder o último segundo: ${wrong.join(', ')} no MariaDB do plugin`);
}

const MAX_SKEW_SECONDS = 10;

async function checkClock({ db, ixc }: Paciente): Promise<Resultado> {
  const skews = await Promise.all([skewOf(db), skewOf(ixc)]);
  const far = ['o banco do plugin', 'o banco do IXC'].filter((_, at) => (skews[at] ?? 0) >= MAX_SKEW_SECONDS);
  if (far.length === 0) return ok('este servidor e os bancos concordam');
  const seconds = Math.max(...skews).toFixed(0);
  return falha(
    `este servidor e ${far.join(' e ')} diferem ${seconds} s: ligue o NTP, ou os lançamentos são recusados`,
  );
}

async function skewOf(db: Db): Promise<number> {
  const { agora } = await row(
    db,
    'SELECT UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS agora',
    {},
    z.object({ agora: z.coerce.number() }),
  );
  return Math.abs(Date.now() - agora) / 1000;
}

// Accents and an emoji there and back, and as the bytes that they should be.
async function checkLetters({ db, ixc }: Paciente): Promise<Resultado> {
  const text = 'São João, ação 🩺';
  const same = async (each: Db): Promise<boolean> => {
    const found = await row(
      each,
      'SELECT :text AS texto, HEX(CONVERT(:text USING utf8mb4)) AS bytes',
      { text },
      z.object({ texto: z.string(), bytes: z.string() }),
    );
    return found.texto === text && found.bytes === Buffer.from(text).toString('hex').toUpperCase();
  };
  const [ours, theirs] = await Promise.all([same(db), same(ixc)]);
  if (ours && theirs) return ok('acentos e emoji vão e voltam inteiros');
  return falha(
    `acentos se perdem na conexão com ${ours ? 'o IXC' : 'o nosso banco'}: confira init_connect e character_set do servidor`,
  );
}

const SLOW_MINUTES = 15;
const STUCK_MINUTES = 120;

async function checkQueue({ db, config }: Paciente): Promise<Resultado> {
  const { total, minutos } = await row(
    db,
    `SELECT COUNT(*) AS total, COALESCE(TIMESTAMPDIFF(MINUTE, MIN(proxima_em), UTC_TIMESTAMP(6)), 0) AS minutos
     FROM usuarios WHERE trabalho = 1 AND retida IS NULL AND proxima_em <= UTC_TIMESTAMP(6)`,
    {},
    z.object({ total: z.coerce.number(), minutos: z.coerce.number() }),
  );
  if (minutos < SLOW_MINUTES)
    return ok(total === 0 ? 'vazia' : `${total} na vez, o mais antigo há ${minutos} min`);
  const why = `${total} na vez, o mais antigo há ${minutos} min: veja se o worker roda, se há pausa${config.pausaArquivo === undefined ? '' : ` (tela Pausa ou o arquivo ${config.pausaArquivo})`}, e Painel`;
  return minutos < STUCK_MINUTES ? aviso(why) : falha(why);
}

const LITTLE_GB = 1;

async function checkDisk(): Promise<Resultado> {
  const { bavail, bsize, blocks } = statfsSync(new URL('../../..', import.meta.url).pathname);
  const free = (bavail * bsize) / 1e9;
  const text = `${free.toFixed(1)} GB livres (${((100 * bavail) / blocks).toFixed(0)} %) onde o programa está`;
  return free >= LITTLE_GB ? ok(text) : aviso(`${text}: libere espaço antes de atualizar`);
}
