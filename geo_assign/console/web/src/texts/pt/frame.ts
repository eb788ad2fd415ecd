import type { ConsoleTexts } from "../console";
import { plural } from "../language";

export const frame: ConsoleTexts["frame"] = {
  main: "Menu principal",
  map: "Mapa",
  board: "Quadro",
  pending: "Pendentes",
  insight: "Análise",
  settings: "Definições",
  pages: "Todas as páginas",
  create: "Novo",
  welcome: "Configurar",
  loading: "A carregar…",
  noSuchPage: "Esta página não existe.",
  openMap: "Abrir o mapa",
  pageFailed: "Não foi possível carregar esta página.",
  pageBroken: "Algo correu mal nesta página.",
  reload: "Carregar de novo",
  connecting: "A ligar",
  live: "Em direto",
  reconnecting: "A ligar de novo",
  offline: "Sem ligação",
  offlineSince: (time: string) =>
    `Sem ligação desde as ${time}. O que vê é dessa hora; nada pode ser atribuído até ela voltar.`,
  notRead: (why: string) =>
    `Não foi possível ler as ordens de trabalho e os técnicos. ${why} Tenta-se de novo automaticamente.`,
  notCurrent: (why: string) =>
    `O que vê não está atualizado e não foi possível lê-lo de novo. ${why} Tenta-se de novo automaticamente.`,
  again: "Tentar agora",
  find: {
    placeholder: "Encontrar uma pessoa ou uma ordem",
    found: "Encontrado",
    nothing: "Nada encontrado.",
    onlyHere: "Só se procurou nesta página: o serviço não responde.",
  },
  allStores: "Todas as lojas",
  stores: (count: number) => plural("pt", count, { one: "1 loja", other: `${count} lojas` }),
  storeScope: "Lojas mostradas",
  skipToOrder: "Saltar para a ordem aberta",
  back: "Voltar aos pendentes",
  colours: { system: "Cores: como o sistema", light: "Cores: claras", dark: "Cores: escuras" },
  account: (name: string) => `${name}, conta`,
  letterKeys: "Teclas de uma só letra",
  followWindows: "As janelas abrem a mesma ordem de trabalho",
  language: "Língua",
  secondFactor: "Segundo fator",
  logOut: "Terminar sessão",
};
