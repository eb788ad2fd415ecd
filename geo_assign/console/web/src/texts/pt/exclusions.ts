import type { ConsoleTexts } from "../console";
import { plural } from "../language";

const many = (count: number, one: string, other: string) => plural("pt", count, { one, other });

export const exclusions: ConsoleTexts["exclusions"] = {
  inactive: (count: number) => many(count, "1 não está ativo", `${count} não estão ativos`),
  wrong_group: (count: number) => many(count, "1 é de outro grupo", `${count} são de outros grupos`),
  agreement_expired: (count: number) => many(count, "1 não tem contrato agora", `${count} não têm contrato agora`),
  rejected_before: (count: number) => many(count, "1 já recusou", `${count} já recusaram`),
  time_off: (count: number) => many(count, "1 tem folga", `${count} têm folga`),
  outside_hours: (count: number) => many(count, "1 não trabalha então", `${count} não trabalham então`),
  off_duty: (count: number) => many(count, "1 está fora de serviço", `${count} estão fora de serviço`),
  offer_limit: (count: number) => many(count, "1 tem propostas que chegue", `${count} têm propostas que chegue`),
  no_position: (count: number) => many(count, "1 não tem posição conhecida", `${count} não têm posição conhecida`),
  offline: (count: number) => many(count, "1 não deu sinal ultimamente", `${count} não deram sinal ultimamente`),
  stale_position: (count: number) =>
    many(count, "1 tem uma posição antiga demais", `${count} têm posições antigas demais`),
  mock_location: (count: number) =>
    many(count, "1 talvez falsifique a posição", `${count} talvez falsifiquem a posição`),
  implausible_position: (count: number) =>
    many(count, "1 tem uma posição implausível", `${count} têm posições implausíveis`),
  outside_radius: (count: number) => many(count, "1 está longe demais", `${count} estão longe demais`),
  missing_skill: (count: number, skills: string) =>
    many(count, `1 não sabe de ${skills}`, `${count} não sabem de ${skills}`),
  slot_taken: (count: number, until: string) =>
    many(count, "1 está ocupado então", `${count} estão ocupados então`) + (until && `, o primeiro até às ${until}`),
};
