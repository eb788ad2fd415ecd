import { signal } from "@preact/signals";
import type { DeskEvent } from "../model/events";

const SOUND = "geo-assign-sound";
const NOTIFICATION = "geo-assign-notification";
const TONE_HZ = 660;
const TONE_S = 0.18;

/** A sound, or a notification of the browser, when something needs a dispatcher. Both are off until switched on. */
export class Alerts {
  readonly sound = signal(localStorage.getItem(SOUND) === "on");
  readonly notification = signal(localStorage.getItem(NOTIFICATION) === "on" && allowed());
  readonly refused = signal(false);
  private told = new Set<string>();
  private audio: AudioContext | null = null;

  toggleSound(): void {
    this.sound.value = !this.sound.value;
    localStorage.setItem(SOUND, this.sound.value ? "on" : "off");
    if (this.sound.value) this.play();
  }

  /** The browser asks the user first. */
  async toggleNotification(): Promise<void> {
    const on = !this.notification.peek();
    const may = !on || (await mayNotify());
    this.refused.value = !may;
    this.notification.value = on && may;
    localStorage.setItem(NOTIFICATION, this.notification.value ? "on" : "off");
  }

  /** Tell of what needs a dispatcher and was not told before. Without names: others see a screen. */
  tell(events: readonly DeskEvent[], open: (orderId: string) => void): void {
    const fresh = events.filter(({ id, needsYou }) => needsYou && !this.told.has(id));
    if (fresh.length === 0) return;
    for (const { id } of fresh) this.told.add(id);
    if (this.sound.peek()) this.play();
    const [first] = fresh;
    if (!this.notification.peek() || !first || !document.hidden) return;
    const shown = new Notification(first.text, { tag: "geo-assign-needs-you" });
    shown.onclick = () => {
      window.focus();
      open(first.order.id);
      shown.close();
    };
  }

  private play(): void {
    this.audio ??= new AudioContext();
    const { currentTime: now, destination } = this.audio;
    const tone = this.audio.createOscillator();
    const volume = this.audio.createGain();
    tone.frequency.value = TONE_HZ;
    volume.gain.setValueAtTime(0.12, now);
    volume.gain.exponentialRampToValueAtTime(0.001, now + TONE_S);
    tone.connect(volume).connect(destination);
    tone.start(now);
    tone.stop(now + TONE_S);
  }
}

const allowed = () => "Notification" in window && Notification.permission === "granted";

async function mayNotify(): Promise<boolean> {
  if (!("Notification" in window)) return false;
  return allowed() || (await Notification.requestPermission()) === "granted";
}
