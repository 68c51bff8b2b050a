// The variables of the service, with the passwords of its two accounts: root's alone.
import { ensureFile, type Passo } from '../acoes.ts';
import { ambienteText } from '../ambiente.ts';

export const ambiente: Passo = {
  nome: 'configuração',
  plan: (obra) =>
    ensureFile(obra, {
      caminho: obra.lugares.ambiente,
      conteudo: ambienteText(obra),
      modo: 0o600,
      dado: true,
      para: 'variáveis do serviço, só root lê',
    }),
};
