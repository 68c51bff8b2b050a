// The units of systemd, hardened; without systemd there are none, and `tele-clinica iniciar` starts the program.
import path from 'node:path';
import { type Acao, ensureFile, type Passo } from '../acoes.ts';
import { fillTemplate } from '../modelo.ts';
import type { Obra } from '../obra.ts';
import { instancesOf, systemctl, unitOf } from '../servico.ts';

export const unidades: Passo = {
  nome: 'serviço',
  plan(obra) {
    if (!obra.systemd) return [];
    return instancesOf(obra).flatMap((instance) => planUnit(obra, instance));
  },
};

/** The text of a unit. */
export function unitText(
  { release, lugares, respostas }: Pick<Obra, 'release' | 'lugares' | 'respostas'>,
  instance: string,
): string {
  const shared = respostas.php_assinatura === 'HS256';
  return fillTemplate(release, 'systemd/tele-clinica.service', {
    PARTE: instance === 'todos' ? 'web, worker, varredura' : instance,
    ARGUMENTOS: instance === 'todos' ? '' : ` --only=${instance}`,
    ATUAL: lugares.atual,
    AMBIENTE: lugares.ambiente,
    APP_KEY: lugares.appKey,
    LANCAMENTO: shared ? lugares.launchSegredo : lugares.launchPublica,
    LANCAMENTO_VARIAVEL: shared ? 'LAUNCH_SECRET_FILE' : 'LAUNCH_PUBLIC_KEY_FILE',
  });
}

function planUnit(obra: Obra, instance: string): Acao[] {
  const unit = unitOf(instance);
  const caminho = path.join(obra.lugares.unidades, unit);
  const written = ensureFile(obra, {
    caminho,
    conteudo: unitText(obra, instance),
    modo: 0o644,
    para: 'o serviço',
  });
  const reread =
    written.length === 0 ? [] : [{ texto: 'avisar o systemd', apply: () => systemctl('daemon-reload') }];
  if (obra.livro.find('unidade', unit)) return [...written, ...reread];
  return [
    ...written,
    ...reread,
    {
      texto: `ligar ${unit} ao início da máquina`,
      apply() {
        obra.livro.put({ tipo: 'unidade', caminho: unit });
        systemctl('enable', '--quiet', unit);
      },
    },
  ];
}
