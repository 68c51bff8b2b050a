// The first part of an explanation: each contract as IXC has it now, its dates, and what its products mean. Pure.
import { describeAcesso, describeStatus } from '../../ixc/status.ts';
import type { Contrato } from '../../ixc/tipos.ts';
import { DE_ONDE, dia } from './palavras.ts';
import type { AdesaoLida, Fatos, FatosDoContrato, Passo, VinculoDoContrato } from './tipos.ts';

/** Facts about every contract, in the order given. */
export function aboutContratos({ contratos, hoje, usuario }: Fatos): Passo[] {
  if (contratos.length === 0) {
    const texto = usuario
      ? 'Nenhum contrato que dê esta conta está nas suas filiais.'
      : 'Não há contrato a ler.';
    return [{ texto, tom: 'atencao', id: usuario ? `usuario-${usuario.id}` : 'contrato' }];
  }
  return contratos.flatMap((each) => [
    ...(each.contrato === null ? [missing(each)] : factsOf(each.contrato, each, hoje)),
    ...(each.adesao === null ? [] : whatTheScanSaw(each.adesao)),
  ]);
}

const missing = ({ id }: FatosDoContrato): Passo => ({
  texto: `O contrato ${id} não pode ser lido agora: não existe mais no IXC, ou não está nas suas filiais.`,
  tom: 'atencao',
  id: `contrato-${id}`,
});

function factsOf(contrato: Contrato, { vinculos }: FatosDoContrato, hoje: string): Passo[] {
  const id = `contrato-${contrato.id}`;
  const codes = `${contrato.status || 'vazio'} e ${contrato.statusInternet || 'vazio'}`;
  const passos: Passo[] = [
    {
      texto: `Contrato ${contrato.id}: ${describeStatus(contrato.status)}, acesso ${describeAcesso(contrato.statusInternet)} (códigos ${codes}).`,
      tom: 'neutro',
      id,
    },
  ];
  const say = (texto: string, tom: Passo['tom'] = 'neutro'): void => {
    passos.push({ texto, tom, id });
  };
  if (contrato.suspenso)
    say(`O contrato ${contrato.id} está suspenso${until(contrato.fimSuspensao)}.`, 'atencao');
  const { naoBloquearAte } = contrato;
  if (naoBloquearAte !== null) {
    say(
      naoBloquearAte >= hoje
        ? `O IXC manda não bloquear até ${dia(naoBloquearAte)}: protege só do bloqueio automático (CA).`
        : `O “não bloquear até ${dia(naoBloquearAte)}” do IXC já passou.`,
    );
  }
  if (contrato.desbloqueioConfianca)
    say('O desbloqueio de confiança do IXC está ativo: protege só do bloqueio automático (CA).');
  return [...passos, ...aboutProdutos(contrato, vinculos)];
}

const until = (fim: string | null): string => (fim === null ? '' : ` até ${dia(fim)}`);

function aboutProdutos(contrato: Contrato, vinculos: VinculoDoContrato[]): Passo[] {
  const [first] = vinculos;
  if (first === undefined) {
    const count = contrato.produtos.length;
    const produtos =
      count === 0 ? 'não tem produtos, e' : `tem ${count} produto${count === 1 ? '' : 's'}, mas`;
    return [
      {
        texto: `O contrato ${contrato.id} ${produtos} nada dele tem vínculo com um plano Tele Clínica.`,
        tom: 'atencao',
        id: `contrato-${contrato.id}`,
      },
    ];
  }
  return vinculos.map((vinculo) => {
    const wins = vinculo.origem === first.origem;
    return {
      texto: `${nameOf(contrato, vinculo)} (${DE_ONDE[vinculo.origem]}) significa o plano “${vinculo.planoNome}”${wins ? '.' : `, mas vale menos que ${DE_ONDE[first.origem]}.`}`,
      tom: wins ? 'certo' : 'neutro',
      id: `vinculo-${vinculo.id}`,
    };
  });
}

function nameOf(contrato: Contrato, { tipo, ixcId }: VinculoDoContrato): string {
  if (tipo === 'plano_de_venda') return `Plano de venda ${ixcId} “${contrato.planoDeVendaNome}”`;
  const produto = contrato.produtos.find(({ produtoId }) => produtoId === ixcId);
  return `Produto ${ixcId} “${produto?.descricao ?? ''}”`;
}

function whatTheScanSaw(adesao: AdesaoLida): Passo[] {
  const id = `adesao-${adesao.id}`;
  const passos: Passo[] = [];
  if (adesao.lidoEm === null) {
    passos.push({ texto: 'Nenhuma varredura leu este contrato ainda.', tom: 'neutro', id });
  } else {
    passos.push({
      texto: `A varredura viu a última mudança do contrato ${adesao.contratoId}`,
      tom: 'neutro',
      id,
      em: adesao.lidoEm,
    });
  }
  if (adesao.clienteMudou) {
    passos.push({
      texto: `O contrato ${adesao.contratoId} tem hoje outro cliente no IXC do que quando a conta foi feita.`,
      tom: 'atencao',
      id,
    });
  }
  if (adesao.ausencias > 0) {
    const count = adesao.ausencias;
    passos.push({
      texto: `${count} ${count === 1 ? 'varredura completa não achou' : 'varreduras completas não acharam'} o contrato ${adesao.contratoId}. Um contrato sumido não cancela ninguém.`,
      tom: 'atencao',
      id,
    });
  }
  if (adesao.reavaliarEm !== null) {
    passos.push({
      texto: `Por uma data do IXC, o contrato ${adesao.contratoId} será lido de novo em ${dia(adesao.reavaliarEm)}.`,
      tom: 'neutro',
      id,
    });
  }
  return passos;
}
