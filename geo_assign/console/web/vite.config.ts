import { defineConfig } from "vite";

export default defineConfig({
  base: "/console/",
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
  },
  server: { proxy: { "/v1": "http://127.0.0.1:8765", "/console/config.json": "http://127.0.0.1:8765", "/console/basemap.json": "http://127.0.0.1:8765" } },
});
