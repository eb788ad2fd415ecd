import { computed, effect, signal } from "@preact/signals";
import type { LegendKey } from "../model/fleet";
import { Alerts } from "./alerts";

export type Theme = "system" | "light" | "dark";
export type PhoneTab = "pending" | "map";

const THEME = "geo-assign-theme";
const LETTERS = "geo-assign-letter-keys";
const FOLLOW = "geo-assign-follow-windows";
const THEMES: Theme[] = ["system", "light", "dark"];

const darkQuery = matchMedia("(prefers-color-scheme: dark)");
const phoneQuery = matchMedia("(max-width: 700px)");
/** Too small for the legend beside an open order. */
const tightQuery = matchMedia("(max-width: 1100px), (max-height: 560px)");

/** How this person likes the page; kept on this computer, never sent. */
export class View {
  readonly theme = signal<Theme>(THEMES.find((each) => each === localStorage.getItem(THEME)) ?? "system");
  readonly letterKeys = signal(localStorage.getItem(LETTERS) !== "off");
  /** Whether the windows of this person open the same order. */
  readonly followWindows = signal(localStorage.getItem(FOLLOW) !== "off");
  readonly hidden = signal<ReadonlySet<LegendKey>>(new Set());
  readonly alerts = new Alerts();
  readonly phoneTab = signal<PhoneTab>("pending");
  readonly phone = signal(phoneQuery.matches);
  readonly tight = signal(tightQuery.matches);
  private readonly systemDark = signal(darkQuery.matches);
  readonly dark = computed(() => (this.theme.value === "system" ? this.systemDark.value : this.theme.value === "dark"));

  constructor() {
    darkQuery.addEventListener("change", ({ matches }) => (this.systemDark.value = matches));
    phoneQuery.addEventListener("change", ({ matches }) => (this.phone.value = matches));
    tightQuery.addEventListener("change", ({ matches }) => (this.tight.value = matches));
    effect(() => {
      document.documentElement.dataset.theme = this.dark.value ? "dark" : "light";
      localStorage.setItem(THEME, this.theme.value);
      localStorage.setItem(LETTERS, this.letterKeys.value ? "on" : "off");
      localStorage.setItem(FOLLOW, this.followWindows.value ? "on" : "off");
    });
  }

  nextTheme(): void {
    this.theme.value = THEMES[(THEMES.indexOf(this.theme.value) + 1) % THEMES.length]!;
  }

  toggle(key: LegendKey): void {
    const hidden = new Set(this.hidden.value);
    if (!hidden.delete(key)) hidden.add(key);
    this.hidden.value = hidden;
  }
}
