const ICONS = {
  right: "M6.5 4.5 10 8 6.5 11.5",
  left: "M9.5 4.5 6 8 9.5 11.5",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  clock: "M8 2.4a5.6 5.6 0 1 0 0 11.2a5.6 5.6 0 0 0 0-11.2ZM8 4.8V8L10.2 9.4",
  user: "M8 2.8a2.6 2.6 0 1 0 0 5.2a2.6 2.6 0 0 0 0-5.2ZM3 13.4c.5-2.8 2.4-4 5-4s4.5 1.2 5 4",
  phone: "M3.2 3.6c0 5 4.2 9.2 9.2 9.2l.9-2.6-2.8-1.3-1.4 1.4C7.5 9.5 6.5 8.5 5.7 6.900L7.1 5.5 5.8 2.700Z",
  eye: "M1.8 8C3.4 5.2 5.5 3.8 8 3.8s4.6 1.4 6.2 4.2C12.6 10.8 10.5 12.2 8 12.2S3.4 10.8 1.8 8ZM8 6.200a1.8 1.8 0 1 0 0 3.600a1.8 1.8 0 0 0 0-3.600Z",
  day: "M2.5 4H8M6 8H13M4 12H10",
  navigate: "M13.5 2.5 9.3 13.5 7.4 8.6 2.5 6.700Z",
  offline:
    "M2 6.200A8.6 8.6 0 0 1 6 4M10 4a8.6 8.6 0 0 1 4 2.200M4.4 8.900a5 5 0 0 1 2.2-1.300M11.6 8.900l-.5-.4M8 12.200h.01M3 2.8 13 13.2",
  warn: "M8 2.6 14 13.2H2ZM8 6.600V9.400M8 11.400h.01",
  bell: "M4 11.200V7a4 4 0 0 1 8 0v4.200l1 1.300H3ZM6.8 14.200h2.4",
  camera: "M2.5 5h2.400l1-1.700h4.200l1 1.700h2.400v7.500h-11ZM8 6.600a2.1 2.1 0 1 0 0 4.200a2.1 2.1 0 0 0 0-4.200Z",
  close: "M4 4 12 12M12 4 4 12",
  check: "M3.5 8.5 6.7 11.5 12.7 4.8",
} as const;

export type AppIconName = keyof typeof ICONS;

/** A line icon of the technician's app, in the text's colour. */
export function AppIcon({ name }: { name: AppIconName }) {
  return (
    <svg class="i" viewBox="0 0 16 16" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}
