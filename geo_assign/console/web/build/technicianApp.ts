/** What makes the technician's app installable: its icons, its manifest, and a service worker that knows its files. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { build, type Plugin, type Rolldown } from "vite";
import { circlesOf, type Paints, pngIcon } from "./icons";

const WORKER = "src/app/worker/main.ts";
const INK = [20, 30, 26] as const;
const PAPER = [255, 255, 255] as const;
const FREE = [10, 125, 102] as const;
const ON_DARK: Paints = { ground: INK, ink: PAPER, accent: [63, 205, 169] };
const ON_LIGHT: Paints = { ground: PAPER, ink: INK, accent: FREE };
/** One colour on nothing: the system paints it. */
const BADGE: Paints = { ground: null, ink: PAPER, accent: PAPER };

const ICONS: readonly { name: string; size: number; scale: number; paints: Paints; purpose?: string }[] = [
  { name: "icon-192", size: 192, scale: 0.72, paints: ON_DARK, purpose: "any" },
  { name: "icon-512", size: 512, scale: 0.72, paints: ON_DARK, purpose: "any" },
  { name: "maskable-512", size: 512, scale: 0.56, paints: ON_DARK, purpose: "maskable" },
  { name: "apple-180", size: 180, scale: 0.72, paints: ON_LIGHT },
  { name: "badge-96", size: 96, scale: 0.9, paints: BADGE },
];

const MANIFEST = {
  id: "/app/",
  name: "geo-assign for technicians",
  short_name: "geo-assign",
  description: "Offers, the day's work, and duty.",
  start_url: "/app/",
  scope: "/app/",
  display: "standalone",
  background_color: "#eff1ee",
  theme_color: "#ffffff",
  icons: ICONS.filter(({ purpose }) => purpose).map(({ name, size, purpose }) => ({
    src: `/app/icons/${name}.png`,
    sizes: `${size}x${size}`,
    type: "image/png",
    purpose,
  })),
  shortcuts: [
    { name: "Today", url: "/app/" },
    { name: "Next days", url: "/app/next" },
  ],
};

export function technicianApp(base: string): Plugin {
  return {
    name: "technician-app",
    apply: "build",
    // After the styles: a chunk of nothing but styles is taken out of the bundle by them.
    enforce: "post",
    async generateBundle(_options, bundle) {
      const circles = circlesOf(readFileSync("src/mark.svg", "utf8"));
      for (const { name, size, scale, paints } of ICONS) {
        this.emitFile({
          type: "asset",
          fileName: `app-icons/${name}.png`,
          source: pngIcon(circles, size, scale, paints),
        });
      }
      this.emitFile({ type: "asset", fileName: "app.webmanifest", source: JSON.stringify(MANIFEST) });
      const shell = shellOf(bundle).map((name) => `${base}${name}`);
      this.emitFile({ type: "asset", fileName: "app-worker.js", source: await workerFor(shell) });
    },
  };
}

/** The files that the app is opened with: its entry, what that imports at once or in another language, styles, fonts. */
function shellOf(bundle: Rolldown.OutputBundle): string[] {
  const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const entry = chunks.find(({ isEntry, facadeModuleId }) => isEntry && facadeModuleId?.endsWith("/app.html"));
  if (!entry) throw new Error("The build has no app.html.");
  const files = new Set<string>();
  const visit = (name: string) => {
    const chunk = byName.get(name);
    if (!chunk || files.has(name)) return;
    files.add(name);
    for (const each of chunk.viteMetadata?.importedCss ?? []) files.add(each);
    for (const each of chunk.viteMetadata?.importedAssets ?? []) files.add(each);
    chunk.imports.forEach(visit);
    chunk.dynamicImports.filter(isTexts(byName)).forEach(visit);
  };
  visit(entry.fileName);
  for (const file of Object.values(bundle))
    if (file.type === "asset" && file.fileName.endsWith(".woff2")) files.add(file.fileName);
  return [...files].sort();
}

/** Another language is chosen without a network, too; the map's library is too large to be kept before it is needed. */
function isTexts(byName: ReadonlyMap<string, Rolldown.OutputChunk>) {
  return (name: string) => byName.get(name)?.facadeModuleId?.includes("/src/texts/") ?? false;
}

async function workerFor(shell: readonly string[]): Promise<string> {
  const name = `geo-assign-app-${createHash("sha256").update(readFileSync("app.html")).update(shell.join("\n")).digest("hex").slice(0, 12)}`;
  const built = await build({
    configFile: false,
    logLevel: "silent",
    publicDir: false,
    define: { SHELL: JSON.stringify(shell), SHELL_NAME: JSON.stringify(name) },
    build: { write: false, target: "es2022", rolldownOptions: { input: WORKER, output: { format: "iife" } } },
  });
  const [output] = Array.isArray(built) ? built : [built];
  if (!output || !("output" in output)) throw new Error("The service worker was not built.");
  return output.output[0].code;
}
