import { plural } from "../language";

const many = (count: number, one: string, other: string) => plural("pt", count, { one, other });

export const past = {
  open: "Ver um momento passado",
  title: "O mapa de um momento passado",
  shown: (time: string) => `Passado: ${time}`,
  back: "Voltar a agora",
  day: "Dia",
  time: "Hora: setas um minuto, com Shift um quarto de hora",
  paused: "Aqui nada se move e nada pode ser atribuído.",
  asToday: "Nomes, competências, grupos, horários e definições são os de hoje.",
  work: "Trabalho na altura",
  noWork: "Nenhum trabalho com local conhecido estava aberto.",
  taken: "Atribuído",
  notThere: "Este pedido não estava aberto na altura, ou o seu local não era conhecido.",
  order: (number: string) => `${number} como estava`,
  askedUntil: (name: string, time: string) => `consulta a ${name}, até às ${time}`,
  hadIt: (name: string) => `${name} tinha-o`,
  noOne: "Não estava atribuído.",
  changedSince: "Foi alterado desde então; o local ou o título é o de hoje.",
  couldGo: (count: number) => many(count, "1 podia ter ido", `${count} podiam ter ido`),
  couldNot: (count: number) => many(count, "1 não podia", `${count} não podiam`),
  live: "Passado",
};
