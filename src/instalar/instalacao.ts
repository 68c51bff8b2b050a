// `tele-clinica instalar`: checks, shows everything it will do, asks once, does it. Run again it finds nothing to do.
import type { Acao } from './acoes.ts';
import { linkOf, makeFolders } from './acoes.ts';
import { agrees, Recusa, say } from './fala.ts';
import { isInstalled, type Obra } from './obra.ts';
import { planAll } from './passos/lista.ts';
import { homeOfRelease } from './passos/programa.ts';
import type { Dadas } from './respostas.ts';
import { withoutSecrets } from './respostas.ts';
import { waitReady } from './saude.ts';
import { createServico } from './servico.ts';
import { runChecks } from './verificacoes.ts';

/** @throws Recusa when a check fails, somebody says no, or another version is installed. */
export async function install(
  obra: Obra,
  dadas: Dadas,
  { sim, iniciar }: { sim: boolean; iniciar: boolean },
): Promise<void> {
  refuseOtherVersion(obra);
  await showChecks(obra);
  const servico = createServico(obra);
  const acoes = await planAll(obra);
  if (acoes.length === 0 && (!iniciar || servico.running()))
    return say('\nTudo já está como deve: nada a fazer.');
  if (iniciar) acoes.push(startAction(obra));
  say('\nO que será feito:');
  for (const { texto } of acoes) say(`  - ${texto}`);
  if (!sim && !(await agrees('\nFazer isto agora?')))
    throw new Recusa('Nada foi feito.', 'Rode de novo quando quiser.');
  await apply(obra, acoes, dadas);
  say(
    `\nPronto: Tele Clínica ${obra.manifesto.version} instalado. O modo é observar: ele lê o IXC e não muda ninguém.`,
  );
  say('Agora: no IXC, menu Integrações → Tele Clínica. Para conferir tudo: tele-clinica doutor');
}

/** Does what was planned; each thing is in the ledger before it is done. */
export async function apply(obra: Obra, acoes: readonly Acao[], dadas: Dadas): Promise<void> {
  const { livro, manifesto } = obra;
  makeFolders(obra, obra.lugares.estado);
  livro.versao = manifesto.version;
  livro.respostas = { ...livro.respostas, ...(withoutSecrets(dadas) as Record<string, string>) };
  livro.save();
  for (const [index, acao] of acoes.entries()) {
    say(`[${index + 1}/${acoes.length}] ${acao.texto.split('\n')[0]}`);
    await acao.apply();
  }
}

function refuseOtherVersion(obra: Obra): void {
  const { lugares } = obra;
  if (!isInstalled(lugares) || linkOf(lugares.atual) === homeOfRelease(obra)) return;
  throw new Recusa(
    `A versão ${obra.livro.versao} já está instalada, e esta é a ${obra.manifesto.version}.`,
    'Para trocar: tele-clinica atualizar <arquivo .tar.gz>. Ele faz cópia, confere a saúde e volta sozinho se algo falhar.',
  );
}

async function showChecks(obra: Obra): Promise<void> {
  const linhas = await runChecks(obra);
  for (const { nome, estado, texto } of linhas) say(`${estado.padEnd(5)}  ${nome}: ${texto}`);
  if (linhas.some(({ estado }) => estado === 'falha'))
    throw new Recusa(
      'Assim não dá para instalar.',
      'Conserte as linhas “falha” e rode de novo. Nada foi mudado.',
    );
}

const startAction = (obra: Obra): Acao => ({
  texto: 'iniciar o serviço e esperar ele dizer que está pronto',
  async apply() {
    const servico = createServico(obra);
    await servico.start();
    await waitReady(obra, { gaveUp: () => !obra.systemd && !servico.running(), log: servico.log });
  },
});
