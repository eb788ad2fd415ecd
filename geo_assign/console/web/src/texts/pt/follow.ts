import type { FollowTexts } from "../follow";
import { plural } from "../language";

export const texts: FollowTexts = {
  steps: { waiting: "Recebido", planned: "Planeado", on_the_way: "A caminho", arrived: "Chegou" },
  over: { title: "Esta visita terminou", text: "Não há mais nada para seguir. Agradecemos." },
  not_found: {
    title: "Esta ligação não mostra nada",
    text: "Pode ter sido copiada só em parte, ou a loja terminou-a. Peça uma nova à loja.",
  },
  noConnection: { title: "Sem ligação", text: "Tentamos de novo dentro de momentos." },
  moment: "Um momento…",
  asOf: (time: string) => `Sem ligação. Dados das ${time}.`,
  along: (names: string) => `Com ${names}`,
  map: (name: string) => `Mapa: ${name} e você`,
  technician: "Técnico",
  you: "Você",
  planning: "A sua visita está a ser planeada",
  willVisit: (name: string) => `${name} vai fazer a visita`,
  onTheWay: (name: string) => `${name} vai a caminho`,
  there: (name: string) => `${name} chegou`,
  about: (time: string, distance: string) => `Cerca de ${time}, a ${distance}`,
  expected: (time: string) => `${time}, mais tarde do que o planeado`,
  longer: (slot: string) => `Planeado: ${slot}. Uma visita antes da sua está a demorar mais.`,
  visitsBefore: (count: number) =>
    count === 0
      ? "A sua visita é a próxima."
      : plural("pt", count, { one: "1 visita antes da sua.", other: `${count} visitas antes da sua.` }),
  unknown: "O lugar não é conhecido neste momento.",
  old: (age: string) => `Posição com ${age}`,
};
