/** Web Push: this phone is woken for offers while the app is closed. */
import { signal } from "@preact/signals";
import { ApiProblem } from "../../api/client";
import type { Calls } from "../api/calls";
import type { Device } from "../kept/device";

/** `unsupported`: by this browser, or before an iPhone has the app on its home screen. `absent`: not set up here. */
export type PushState = "unsupported" | "absent" | "off" | "denied" | "on";

export const pushState = signal<PushState>("off");
/** What went wrong when it was switched on; the browser's or the service's words. */
export const pushProblem = signal("");

/** The bytes of a key in base64 for URLs. */
export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const base64 = key.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
}

export function isSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
}

/** At each start: say again where this phone is woken. Repeating it changes nothing. */
export async function lookAtPush(calls: Calls, device: Device, key: string | null): Promise<void> {
  pushState.value = await found(key);
  if (pushState.value !== "on") return;
  const subscription = await subscribed();
  if (subscription) await calls.subscribePush(device.id, subscription.toJSON()).catch(later);
}

async function found(key: string | null): Promise<PushState> {
  if (!isSupported()) return "unsupported";
  if (key === null) return "absent";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && (await subscribed()) ? "on" : "off";
}

/** Asks for the permission; call it when the person has pressed a button. */
export async function switchPushOn(calls: Calls, device: Device, key: string): Promise<void> {
  pushProblem.value = "";
  if ((await Notification.requestPermission()) !== "granted") {
    pushState.value = Notification.permission === "denied" ? "denied" : "off";
    return;
  }
  try {
    const registration = await navigator.serviceWorker.ready;
    const asked = { userVisibleOnly: true, applicationServerKey: bytesOf(key) };
    const subscription = (await subscribed()) ?? (await registration.pushManager.subscribe(asked));
    await calls.subscribePush(device.id, subscription.toJSON());
    pushState.value = "on";
  } catch (error) {
    pushProblem.value = error instanceof Error ? error.message : String(error);
  }
}

export async function switchPushOff(calls: Calls, device: Device): Promise<void> {
  await (await subscribed())?.unsubscribe();
  await forgetPush(calls, device);
  pushState.value = "off";
}

/** The service forgets this phone; that it never knew it is as good. */
export async function forgetPush(calls: Calls, device: Device): Promise<void> {
  if (pushState.value === "on") await calls.unsubscribePush(device.id).catch(later);
}

async function subscribed(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration("/app/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

function later(error: unknown): void {
  if (!(error instanceof ApiProblem)) throw error;
}
