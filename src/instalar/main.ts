// The installer's command line: what the technician types, and in which words it fails.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { environment } from '../config.ts';
import { passwordsOf, readAmbiente } from './ambiente.ts';
import { aplicar } from './aplicacao.ts';
import { upgrade } from './atualizacao.ts';
import { uninstall } from './desinstalacao.ts';
import { runDoctor } from './doutor.ts';
import { ask, Recusa, say } from './fala.ts';
import { install } from './instalacao.ts';
import { isInstalled, type Obra, openLedger, placesIn, RELEASE, releaseOf, rootOf } from './obra.ts';
import {
  type Dadas,
  defaultOf,
  PERGUNTAS,
  parseRespostas,
  type Respostas,
  readAnswers,
} from './respostas.ts';
import { waitReady } from './saude.ts';
import { createServico } from './servico.ts';
import { ixcStatements, ownStatements } from './sql.ts';

const OPTIONS = {
  respostas: { type: 'string' },
  raiz: { type: 'string' },
  sim: { type: 'boolean', default: false },
  'sem-systemd': { type: 'boolean', default: false },
  'sem-iniciar': { type: 'boolean', default: false },
  'aceitar-direitos': { type: 'boolean', default: false },
  'apagar-dados': { type: 'boolean', default: false },
  ajuda: { type: 'boolean', default: false },
} as const;

const AJUDA = `tele-clinica <comando>

  instalar             instala; rodado de novo, confere e completa (padrão)
  atualizar <arquivo>  troca de versão: confere, copia, ensaia, e volta sozinho se falhar
  desinstalar          retira exatamente o que foi posto; --apagar-dados leva também banco e chaves
  doutor               confere a instalação; --json, --pacote <arquivo> para o suporte
  iniciar, parar       o serviço
  sql                  mostra o SQL das duas contas do banco, para o DBA

  --respostas <arquivo>   uma resposta por linha (nome=valor), sem perguntar
  --sim                   não pede confirmação
  --sem-systemd           processos simples, onde não há systemd
  --sem-iniciar           instala e não inicia o serviço: tele-clinica iniciar, depois
  --aceitar-direitos      na atualização, aceita que a versão nova leia mais do IXC
  --raiz <pasta>          tudo abaixo desta pasta, para experimentar`;

async function main(): Promise<void> {
  const [first = 'instalar'] = process.argv.slice(2);
  if (first === 'doutor') return runDoctor(placesIn(rootOf(RELEASE)), process.argv.slice(3));
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.ajuda || first === 'ajuda') return say(AJUDA);
  const [command = 'instalar', argument = ''] = positionals;
  const lugares = placesIn(values.raiz ?? rootOf(RELEASE));
  const livro = openLedger(lugares);
  const given: Dadas = {
    ...Admin.parse(environment()['TELECLINICA_ADMIN']),
    ...(values.respostas === undefined ? {} : readAnswers(values.respostas)),
  };
  const dadas: Dadas = { ...livro.respostas, ...given, ...(values['sem-systemd'] ? { systemd: 'nao' } : {}) };
  if (command === 'instalar' && values.respostas === undefined && !isInstalled(lugares))
    await askMissing(dadas);
  const obra: Obra = {
    respostas: parseRespostas(dadas),
    lugares,
    livro,
    ...releaseOf(RELEASE),
    systemd: dadas['systemd'] !== 'nao' && hasSystemd(),
    senhas: passwordsOf(readAmbiente(lugares)),
  };
  await run(command, argument, obra, dadas, values);
}

// Handed from one version's installer to the next one's.
const Admin = {
  parse: (text: string | undefined): Dadas => (text ? (JSON.parse(text) as Dadas) : {}),
};

async function run(
  command: string,
  argument: string,
  obra: Obra,
  dadas: Dadas,
  values: { sim: boolean; 'sem-iniciar': boolean; 'aceitar-direitos': boolean; 'apagar-dados': boolean },
): Promise<void> {
  const { sim } = values;
  switch (command) {
    case 'instalar':
      return install(obra, dadas, { sim, iniciar: !values['sem-iniciar'] });
    case 'aplicar':
      return aplicar(obra, dadas);
    case 'atualizar':
      return upgrade(obra, argument, { sim, aceitaDireitos: values['aceitar-direitos'] });
    case 'desinstalar':
      return uninstall(obra, { sim, apagarDados: values['apagar-dados'] });
    case 'iniciar':
      await createServico(obra).start();
      return waitReady(obra, { log: createServico(obra).log });
    case 'parar':
      return createServico(obra).stop();
    case 'sql':
      for (const statement of [
        ...ownStatements(obra.respostas, obra.manifesto, obra.senhas.nosso),
        ...ixcStatements(obra.respostas, obra.manifesto, obra.senhas.ixc),
      ])
        say(`${statement};`);
      return;
    default:
      throw new Recusa(`Não há o comando “${command}”.`, `\n${AJUDA}`);
  }
}

function hasSystemd(): boolean {
  if (existsSync('/run/systemd/system')) return true;
  throw new Recusa(
    'Esta máquina não roda com systemd.',
    'Use --sem-systemd: o programa roda como processo simples.',
  );
}

async function askMissing(dadas: Dadas): Promise<void> {
  say('Instalador do plugin Tele Clínica. Nada é mudado antes de você ver a lista e dizer sim.\n');
  for (const [key, question] of Object.entries(PERGUNTAS) as [keyof Respostas, string][])
    dadas[key] ??= await ask(question, defaultOf(key));
}

main().catch((error: unknown) => {
  if (error instanceof Recusa) console.error(`\n${error.message} ${error.conserto}`);
  else console.error(error);
  process.exitCode = 1;
});
