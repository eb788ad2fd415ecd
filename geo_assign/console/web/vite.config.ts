import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";
import { sharedStylesFirst } from "./build/sharedStyles";
import { technicianApp } from "./build/technicianApp";

const SERVICE = "http://127.0.0.1:8080";

/** The API's documentation page, offline: Swagger UI from its package, and the few lines that start it. */
function apiDocs(): Plugin {
  const files = {
    "index.html": "docs/index.html",
    "start.js": "docs/start.js",
    "docs.css": "docs/docs.css",
    "swagger-ui.css": "node_modules/swagger-ui-dist/swagger-ui.css",
    "swagger-ui-bundle.js": "node_modules/swagger-ui-dist/swagger-ui-bundle.js",
  };
  return {
    name: "api-docs",
    apply: "build",
    generateBundle() {
      for (const [name, path] of Object.entries(files)) {
        this.emitFile({ type: "asset", fileName: `docs/${name}`, source: readFileSync(path) });
      }
    },
  };
}

const COMPRESSIBLE = /\.(js|mjs|css|html|svg|json|webmanifest)$/;
/** What is smaller is not worth another file. */
const LEAST_BYTES = 1024;

/** Beside every text of the build, the same as brotli and as gzip: the service sends what the browser reads. */
export function compressed(): Plugin {
  const write = (path: string) => {
    const data = readFileSync(path);
    if (data.length < LEAST_BYTES) return;
    const size = { [constants.BROTLI_PARAM_SIZE_HINT]: data.length };
    writeFileSync(`${path}.br`, brotliCompressSync(data, { params: size }));
    writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }));
  };
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      const names = Object.keys(bundle).filter((name) => COMPRESSIBLE.test(name) && !name.startsWith("docs/"));
      for (const name of names) write(join(dir, name));
    },
  };
}

const BASE = "/console/";

export default defineConfig({
  base: BASE,
  plugins: [apiDocs(), sharedStylesFirst(), technicianApp(BASE), compressed()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    // Browsers that know light-dark() themselves.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The page's policy allows no data: fonts, and a hashed file is cached for good anyway.
    assetsInlineLimit: 0,
    // The map library is one lazy chunk; its size is known.
    chunkSizeWarningLimit: 1600,
    modulePreload: { polyfill: false },
    // The console, the page of a customer who follows the own work order, and the technician's app.
    rolldownOptions: {
      input: ["index.html", "follow.html", "app.html"],
      output: { codeSplitting: { groups: [{ name: "maplibre", test: /node_modules[\\/]maplibre-gl[\\/]/ }] } },
    },
  },
  server: { proxy: { "/v1": SERVICE, "/console/config.json": SERVICE, "/console/basemap.json": SERVICE } },
});
