/** What is said where the service gives no words of its own; every page of the build needs it, whatever its other texts are. */
import { computed } from "@preact/signals";
import { type Language, language } from "./language";

const WORDS: Record<Language, { answered: (status: number) => string; unreachable: string }> = {
  en: {
    answered: (status) => `The service answered ${status}.`,
    unreachable: "The service cannot be reached.",
  },
  de: {
    answered: (status) => `Der Dienst antwortete ${status}.`,
    unreachable: "Der Dienst ist nicht erreichbar.",
  },
  pt: {
    answered: (status) => `O serviço respondeu ${status}.`,
    unreachable: "Não se chega ao serviço.",
  },
};

export const service = computed(() => WORDS[language.value]);
