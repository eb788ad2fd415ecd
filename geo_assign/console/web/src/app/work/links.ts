/** Links that leave the app: the way there, and the customer's telephone. */
import type { LatLon } from "../api/types";

export type Maps = "geo" | "apple" | "web";

/** Android hands `geo:` to the maps that its user likes; an iPhone opens Apple's, a desktop a page. */
export function mapsOf(userAgent: string): Maps {
  if (/android/i.test(userAgent)) return "geo";
  return /iphone|ipad|macintosh/i.test(userAgent) ? "apple" : "web";
}

interface Place {
  location: LatLon | null;
  address: string | null;
}

/** Where to navigate to: the pin, else the address as it was typed; null where neither is known. */
export function navigateLink({ location, address }: Place, maps: Maps): string | null {
  const at = location === null ? null : `${location.lat},${location.lon}`;
  const words = address?.trim() ? address.trim() : null;
  if (at === null && words === null) return null;
  const wanted = encodeURIComponent(at ?? words ?? "");
  if (maps === "geo")
    return at === null ? `geo:0,0?q=${wanted}` : `geo:${at}?q=${at}(${encodeURIComponent(words ?? "")})`;
  if (maps === "apple") return `https://maps.apple.com/?daddr=${wanted}&dirflg=d`;
  return at === null
    ? `https://www.openstreetmap.org/search?query=${wanted}`
    : `https://www.openstreetmap.org/directions?to=${wanted}`;
}

interface Phone {
  phone?: string | null;
  phone_e164?: string | null;
  phone_extension?: string | null;
}

/** A `tel:` link; null where there is no number. What was typed is used where it could not be read. */
export function callLink({ phone, phone_e164, phone_extension }: Phone): string | null {
  const number = phone_e164 ?? phone?.replace(/[^\d+*#]/g, "");
  if (!number) return null;
  return `tel:${number}${phone_extension ? `,${phone_extension}` : ""}`;
}
