const ICONS = {
  search: "M7 2.7a4.3 4.3 0 1 0 0 8.6a4.3 4.3 0 0 0 0-8.6ZM10.3 10.3L13.5 13.5",
  plus: "M8 3V13M3 8H13",
  minus: "M3 8H13",
  close: "M4 4L12 12M12 4L4 12",
  down: "M4.5 6.5L8 10L11.5 6.5",
  left: "M9.5 4.5L6 8L9.5 11.5",
  lock: "M5 7H11A1.5 1.5 0 0 1 12.5 8.5V12A1.5 1.5 0 0 1 11 13.5H5A1.5 1.5 0 0 1 3.5 12V8.5A1.5 1.5 0 0 1 5 7ZM5.5 7V5.2A2.5 2.5 0 0 1 10.5 5.2V7",
  warn: "M8 2.6L14 13.2H2ZM8 6.6V9.4M8 11.4h.01",
  clock: "M8 2.4a5.6 5.6 0 1 0 0 11.2a5.6 5.6 0 0 0 0-11.2ZM8 4.8V8L10.2 9.4",
  pin: "M8 14.2C5 10.9 3.6 8.9 3.6 6.6a4.4 4.4 0 0 1 8.8 0C12.4 8.9 11 10.9 8 14.2ZM8 5.1a1.4 1.4 0 1 0 0 2.8a1.4 1.4 0 0 0 0-2.8Z",
  eye: "M1.8 8C3.4 5.2 5.5 3.8 8 3.8s4.6 1.4 6.2 4.2C12.6 10.8 10.5 12.2 8 12.2S3.4 10.8 1.8 8ZM8 6.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 0 0 0-3.6Z",
  list: "M5.5 4H13.5M5.5 8H13.5M5.5 12H13.5M2.5 4h.01M2.5 8h.01M2.5 12h.01",
  map: "M2.5 4.2L6 2.8L10 4.2L13.5 2.8V11.8L10 13.2L6 11.8L2.5 13.2ZM6 2.8V11.8M10 4.2V13.2",
  layers: "M8 2.5L14 5.8L8 9.1L2 5.8ZM2.3 9L8 12.2L13.7 9",
  frame: "M2.5 5.5V2.5H5.5M10.5 2.5H13.5V5.5M13.5 10.5V13.5H10.5M5.5 13.5H2.5V10.5",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 0 0 0-5.6ZM8 1.8V2.6M8 13.4V14.2M1.8 8H2.6M13.4 8H14.2M3.6 3.6L4.2 4.2M11.8 11.8L12.4 12.4M12.4 3.6L11.8 4.2M4.2 11.8L3.6 12.4",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3a5.3 5.3 0 1 0 6.6 6.6Z",
  system: "M2.2 3.4H13.8V10.6H2.2ZM6 13.2H10M8 10.6V13.2",
  board: "M2.5 4H8M6 8H13M4 12H9.5",
  check: "M3.5 8.5L6.7 11.5L12.7 4.8",
  right: "M6.5 4.5L10 8L6.5 11.5",
  up: "M8 13V3.5M4.5 7L8 3.5L11.5 7",
  no: "M8 2.4a5.6 5.6 0 1 0 0 11.2a5.6 5.6 0 0 0 0-11.2ZM4.2 4.2L11.8 11.8",
  swap: "M3 5.5H12.5M10 3L12.5 5.5L10 8M13 10.5H3.5M6 8L3.5 10.5L6 13",
  doc: "M4 2.5H9.5L12 5V13.5H4ZM6 7H10M6 10H10",
  user: "M8 2.8a2.6 2.6 0 1 0 0 5.2a2.6 2.6 0 0 0 0-5.2ZM3 13.4C3.5 10.6 5.4 9.4 8 9.4S12.5 10.6 13 13.4",
  phone: "M3.2 3.6C3.2 8.6 7.4 12.8 12.4 12.8L13.3 10.2L10.5 8.9L9.1 10.3C7.5 9.5 6.5 8.5 5.7 6.9L7.1 5.5L5.8 2.7Z",
  route:
    "M4 10.3a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 0 0 0-3.4ZM12 2.3a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 0 0 0-3.4ZM5.7 12H9a2.5 2.5 0 0 0 0-5H7a1.5 1.5 0 0 1 0-3H10.3",
  bell: "M4.2 11V7.2a3.8 3.8 0 0 1 7.6 0V11L13 12.3H3ZM6.8 14H9.2",
  grip: "M6 4.5h.01M10 4.5h.01M6 8h.01M10 8h.01M6 11.5h.01M10 11.5h.01",
  columns:
    "M2.5 4.5H8M12 4.5H13.5M2.5 11.5H4M8 11.5H13.5M10 2.8a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 0 0 0-3.4ZM6 9.8a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 0 0 0-3.4Z",
} as const;

export type IconName = keyof typeof ICONS;

/** A line icon in the text's colour. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="i" viewBox="0 0 16 16" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}

/** The product's mark. */
export function Mark() {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <circle
        cx="12"
        cy="12"
        r="9.2"
        fill="none"
        stroke="currentColor"
        stroke-width="2.4"
        stroke-dasharray="44 14"
        stroke-dashoffset="-7"
      />
      <circle cx="12" cy="12" r="3.4" fill="currentColor" />
      <circle cx="18.5" cy="5.5" r="3.2" fill="var(--free)" />
    </svg>
  );
}
